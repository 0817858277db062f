/*
 * One ELF file through libdwfl; see object.h.
 *
 * libdw answers "which scopes contain this address" by walking a whole compilation unit each time,
 * and "which symbol" by walking the whole symbol table.  Both walks are done once here, into sorted
 * arrays: of the functions of a unit with the calls inlined into each, and of the symbols.
 */
#include "symbols/object.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

/* A range of code of a function, or of a call inlined into one. */
struct scope {
	Dwarf_Addr low, high;
	Dwarf_Off die;
	uint32_t depth; /* 0: a function; n: inlined, n deep */
};

/* A function's range, and where in scopes[] what is inlined into it is. */
struct function {
	Dwarf_Addr low, high;
	uint32_t first, end; /* the function itself is at first */
};

struct unit {
	Dwarf_Off die;
	uint8_t language;
	struct scope *scope;
	struct function *function; /* by low */
	uint32_t n_scopes, scopes_room, n_functions, functions_room;
};

struct elf_symbol {
	uint64_t address, size_bytes;
	const char *name;
	uint8_t rank; /* of several at one address the highest is shown */
};

struct object {
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct unit *unit;
	uint32_t n_units, units_room;
	struct elf_symbol *symbol; /* by address */
	uint32_t n_symbols, symbols_room;
	bool has_symbols;
	const uint8_t *starts; /* table of .eh_frame_hdr, see load_starts() */
	uint64_t starts_base;
	uint32_t n_starts;
	bool has_starts;
};

/* ---- opening ---- */

static char *debuginfo_path; /* the library's default */

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
	.debuginfo_path = &debuginfo_path,
};

static bool same_build_id(struct object *o, const struct trace_module *m)
{
	const unsigned char *id;
	GElf_Addr address;
	GElf_Addr bias;
	if (!dwfl_module_getelf(o->module, &bias))
		return false;
	int n = dwfl_module_build_id(o->module, &id, &address);
	return n == (int)m->n_build_id && memcmp(id, m->build_id, m->n_build_id) == 0;
}

struct object *object_open(const struct trace_module *m, enum module_state *state)
{
	*state = MODULE_MISSING;
	if (m->path[0] != '/' || access(m->path, R_OK) != 0)
		return NULL;
	struct object *o = mem_zalloc(1, sizeof *o);
	*state = MODULE_UNREADABLE;
	o->dwfl = dwfl_begin(&callbacks);
	if (o->dwfl) {
		dwfl_report_begin(o->dwfl);
		o->module = dwfl_report_elf(o->dwfl, m->path, m->path, -1, 0, true);
		dwfl_report_end(o->dwfl, NULL, NULL);
	}
	if (!o->module) {
		object_close(o);
		return NULL;
	}
	if (m->n_build_id && !same_build_id(o, m)) {
		*state = MODULE_CHANGED;
		object_close(o);
		return NULL;
	}
	*state = MODULE_OPEN;
	return o;
}

void object_close(struct object *o)
{
	for (uint32_t i = 0; i < o->n_units; i++) {
		free(o->unit[i].scope);
		free(o->unit[i].function);
	}
	free(o->unit);
	free(o->symbol);
	if (o->dwfl)
		dwfl_end(o->dwfl);
	free(o);
}

/* ---- DWARF: functions of a unit ---- */

static uint8_t language_of(int dwarf_language)
{
	switch (dwarf_language) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
		return LANGUAGE_C;
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
		return LANGUAGE_CXX;
	case DW_LANG_Rust:
		return LANGUAGE_RUST;
	default:
		return LANGUAGE_UNKNOWN;
	}
}

/* Adds all ranges of a scope; those of a function also as functions. */
static void add_scope(struct unit *u, Dwarf_Die *die, uint32_t depth)
{
	ptrdiff_t offset = 0;
	Dwarf_Addr base, low, high;
	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		if (low >= high)
			continue;
		if (depth == 0)
			*MEM_PUSH(u->function, u->n_functions, u->functions_room) =
				(struct function){.low = low, .high = high, .first = u->n_scopes};
		*MEM_PUSH(u->scope, u->n_scopes, u->scopes_room) = (struct scope){
			.low = low, .high = high, .die = dwarf_dieoffset(die), .depth = depth};
	}
}

static bool may_hold_code(int tag)
{
	switch (tag) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		return true;
	default:
		return false;
	}
}

/* Walks the tree below a die.  depth: of inlining that a call found here would have. */
static void object_walk(struct unit *u, Dwarf_Die *parent, uint32_t depth, uint32_t nesting)
{
	Dwarf_Die die;
	if (nesting > 128 || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		if (!may_hold_code(tag))
			continue;
		if (tag == DW_TAG_subprogram) {
			uint32_t n = u->n_functions;
			add_scope(u, &die, 0);
			uint32_t end = u->n_functions;
			object_walk(u, &die, 1, nesting + 1);
			for (; n < end; n++)
				u->function[n].end = u->n_scopes;
		} else if (tag == DW_TAG_inlined_subroutine) {
			add_scope(u, &die, depth);
			object_walk(u, &die, depth + 1, nesting + 1);
		} else {
			object_walk(u, &die, depth, nesting + 1);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int by_low(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	return x->low < y->low ? -1 : x->low > y->low;
}

static struct unit *unit_of(struct object *o, Dwarf_Die *cu)
{
	Dwarf_Off at = dwarf_dieoffset(cu);
	for (uint32_t i = 0; i < o->n_units; i++)
		if (o->unit[i].die == at)
			return &o->unit[i];
	struct unit *u = MEM_PUSH(o->unit, o->n_units, o->units_room);
	*u = (struct unit){.die = at, .language = language_of(dwarf_srclang(cu))};
	object_walk(u, cu, 0, 0);
	if (u->n_functions)
		qsort(u->function, u->n_functions, sizeof *u->function, by_low);
	return u;
}

static const struct function *object_function_at(const struct unit *u, Dwarf_Addr address)
{
	uint32_t lo = 0, hi = u->n_functions;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (u->function[mid].low <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && address < u->function[lo - 1].high ? &u->function[lo - 1] : NULL;
}

/* ---- DWARF: names and lines ---- */

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = NULL;
	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		name = dwarf_formstring(&attribute);
	return name ? name : dwarf_diename(die);
}

/* Where an inlined call stands in its caller. */
static void call_site(Dwarf_Die *die, struct object_frame *f)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;
	Dwarf_Die cu;
	Dwarf_Files *files;
	size_t n;
	if (dwarf_attr(die, DW_AT_call_line, &attribute) &&
	    dwarf_formudata(&attribute, &value) == 0)
		f->line = (uint32_t)value;
	if (dwarf_attr(die, DW_AT_call_file, &attribute) &&
	    dwarf_formudata(&attribute, &value) == 0 && dwarf_diecu(die, &cu, NULL, NULL) &&
	    dwarf_getsrcfiles(&cu, &files, &n) == 0 && value < n)
		f->file = dwarf_filesrc(files, value, NULL, NULL);
}

static void line_at(struct object *o, Dwarf_Addr address, struct object_frame *f)
{
	int line = 0;
	Dwfl_Line *l = dwfl_module_getsrc(o->module, address);
	const char *file = l ? dwfl_lineinfo(l, NULL, &line, NULL, NULL, NULL) : NULL;
	if (file) {
		f->file = file;
		f->line = line > 0 ? (uint32_t)line : 0;
	}
}

/* The chain of inlined calls at an address, innermost first, the function itself last. */
static uint32_t dwarf_lookup(struct object *o, uint64_t address, struct object_frame *out)
{
	Dwarf_Addr bias;
	Dwarf_Die *cu = dwfl_module_addrdie(o->module, address, &bias);
	if (!cu)
		return 0;
	struct unit *u = unit_of(o, cu);
	const struct function *fn = object_function_at(u, address - bias);
	if (!fn)
		return 0;
	const struct scope *chain[OBJECT_INLINED_MAX];
	uint32_t n = 0;
	for (uint32_t i = fn->first; i < fn->end; i++) {
		const struct scope *s = &u->scope[i];
		if (address - bias < s->low || address - bias >= s->high)
			continue;
		while (n && chain[n - 1]->depth >= s->depth)
			n--;
		if (n < OBJECT_INLINED_MAX)
			chain[n++] = s;
	}
	Dwarf *dwarf = dwfl_module_getdwarf(o->module, &bias);
	memset(out, 0, OBJECT_INLINED_MAX * sizeof *out);
	line_at(o, address, &out[0]);
	for (uint32_t i = 0; i < n; i++) {
		Dwarf_Die die;
		out[i].language = u->language;
		if (!dwarf_offdie(dwarf, chain[n - 1 - i]->die, &die))
			continue;
		out[i].function = die_name(&die);
		if (i + 1 < n)
			call_site(&die, &out[i + 1]);
	}
	return n;
}

/* ---- symbol tables ---- */

static int object_by_address(const void *a, const void *b)
{
	const struct elf_symbol *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(y->name, x->name);
}

/* Global before weak before local; names without leading underscores first. */
static uint8_t symbol_rank(const char *name, const GElf_Sym *s)
{
	int bind = GELF_ST_BIND(s->st_info);
	uint8_t rank = bind == STB_GLOBAL ? 4 : bind == STB_WEAK ? 2 : 0;
	return (uint8_t)(rank + (name[0] != '_') + (s->st_size ? 8 : 0));
}

static void load_symbols(struct object *o)
{
	int n = dwfl_module_getsymtab(o->module);
	o->has_symbols = true;
	for (int i = 1; i < n; i++) {
		GElf_Sym s;
		GElf_Addr address;
		const char *name = dwfl_module_getsym_info(o->module, i, &s, &address, NULL, NULL,
		                                           NULL);
		int type = GELF_ST_TYPE(s.st_info);
		if (!name || !*name || s.st_shndx == SHN_UNDEF ||
		    (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE))
			continue;
		*MEM_PUSH(o->symbol, o->n_symbols,
		          o->symbols_room) = (struct elf_symbol){.address = address,
		                                                 .size_bytes = s.st_size,
		                                                 .name = name,
		                                                 .rank = symbol_rank(name, &s)};
	}
	if (o->n_symbols)
		qsort(o->symbol, o->n_symbols, sizeof *o->symbol, object_by_address);
}

/* The symbol that an address belongs to.  One without a size (from assembler) reaches to the next. */
static const struct elf_symbol *symbol_at(struct object *o, uint64_t address)
{
	if (!o->has_symbols)
		load_symbols(o);
	uint32_t lo = 0, hi = o->n_symbols;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (o->symbol[mid].address <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct elf_symbol *s = lo ? &o->symbol[lo - 1] : NULL;
	return s && (!s->size_bytes || address - s->address < s->size_bytes) ? s : NULL;
}

/*
 * Starts of all functions that can be unwound: the search table of .eh_frame_hdr, which linkers write
 * in one form only, pairs of 32-bit differences to the section's address, sorted.
 */
static void load_starts(struct object *o)
{
	GElf_Addr bias;
	size_t n_headers = 0;
	Elf *elf = dwfl_module_getelf(o->module, &bias);
	o->has_starts = true;
	if (!elf || elf_getphdrnum(elf, &n_headers) != 0)
		return;
	for (size_t i = 0; i < n_headers; i++) {
		GElf_Phdr ph;
		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_GNU_EH_FRAME)
			continue;
		Elf_Data *d = elf_getdata_rawchunk(elf, (int64_t)ph.p_offset, ph.p_filesz,
		                                   ELF_T_BYTE);
		const uint8_t *p = d ? d->d_buf : NULL;
		if (!p || d->d_size < 12 || p[0] != 1 || p[2] != DW_EH_PE_udata4 ||
		    p[3] != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
			return;
		o->starts = p + 12;
		o->starts_base = ph.p_vaddr;
		o->n_starts = (uint32_t)((d->d_size - 12) / 8);
		uint32_t counted;
		memcpy(&counted, p + 8, sizeof counted);
		if (counted < o->n_starts)
			o->n_starts = counted;
	}
}

static uint64_t start_at(const struct object *o, uint32_t i)
{
	int32_t difference;
	memcpy(&difference, o->starts + 8 * (size_t)i, sizeof difference);
	return o->starts_base + (uint64_t)(int64_t)difference;
}

/* Where the function at an address begins; 0 unknown. */
static uint64_t object_function_start(struct object *o, uint64_t address)
{
	if (!o->has_starts)
		load_starts(o);
	uint32_t lo = 0, hi = o->n_starts;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (start_at(o, mid) <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? start_at(o, lo - 1) : 0;
}

static uint32_t symbol_lookup(struct object *o, uint64_t address, struct object_frame *out)
{
	const struct elf_symbol *s = symbol_at(o, address);
	*out = (struct object_frame){0};
	if (s) {
		out->function = s->name;
		out->guessed = s->size_bytes == 0;
	} else {
		out->start = object_function_start(o, address);
	}
	line_at(o, address, out);
	return s || out->start;
}

uint32_t object_lookup(struct object *o, uint64_t address, struct object_frame *out)
{
	uint32_t n = dwarf_lookup(o, address, out);
	return n ? n : symbol_lookup(o, address, out);
}
