/*
 * One ELF file through libdwfl; see object.h.  What DWARF says is looked up in dwarf_info.c; here are the
 * symbol tables, in sorted arrays: libdwfl would walk a whole table for each address.
 */
#include "symbols/object.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/dwarf_info.h"
#include "symbols/elf_file.h"
#include "symbols/memory_bound.h"
#include "util/mem.h"

struct elf_symbol {
	uint64_t address, size_bytes;
	const char *name;
	uint8_t rank; /* of several at one address the highest is shown */
};

struct object {
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct dwarf_info *dwarf;
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
	.find_debuginfo = elf_file_find_debuginfo,
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

/* The descriptor is the module's if it is made. */
static void begin(struct object *o, const char *path, int fd)
{
	memory_bound_begin();
	o->dwfl = dwfl_begin(&callbacks);
	if (o->dwfl) {
		dwfl_report_begin(o->dwfl);
		o->module = dwfl_report_elf(o->dwfl, path, path, fd, 0, true);
		dwfl_report_end(o->dwfl, NULL, NULL);
	}
	memory_bound_end();
	if (!o->module)
		close(fd);
}

struct object *object_open(const struct trace_module *m, enum module_state *state)
{
	uint64_t bytes;
	int fd = m->path[0] == '/'
	                 ? elf_file_open_module(m->path, m->build_id, m->n_build_id, &bytes)
	                 : -1;
	*state = fd < 0 && m->path[0] == '/' && access(m->path, F_OK) == 0 ? MODULE_UNREADABLE
	                                                                   : MODULE_MISSING;
	if (fd < 0)
		return NULL;

	struct object *o = mem_zalloc(1, sizeof *o);
	memory_bound_add_file(bytes);
	begin(o, m->path, fd);
	if (o->module)
		o->dwarf = dwarf_info_new(o->module, bytes);
	*state = !o->module                              ? MODULE_UNREADABLE
	         : m->n_build_id && !same_build_id(o, m) ? MODULE_CHANGED
	                                                 : MODULE_OPEN;
	if (*state == MODULE_OPEN)
		return o;
	object_close(o);
	return NULL;
}

bool object_is_excessive(const struct object *o)
{
	return dwarf_info_is_excessive(o->dwarf);
}

void object_close(struct object *o)
{
	bool abandoned = o->dwarf && dwarf_info_is_excessive(o->dwarf);
	dwarf_info_free(o->dwarf);
	free(o->symbol);
	if (o->dwfl && !abandoned)
		dwfl_end(o->dwfl);
	free(o);
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
	memory_bound_begin();
	int n = dwfl_module_getsymtab(o->module);
	memory_bound_end();
	o->has_symbols = true;
	if (n > 0 && !memory_bound_allows((uint64_t)n * 2 * sizeof *o->symbol))
		return;
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
	dwarf_info_line(o->dwarf, address, out);
	return s || out->start;
}

uint32_t object_lookup(struct object *o, uint64_t address, struct object_frame *out)
{
	uint32_t n = dwarf_info_lookup(o->dwarf, address, out);
	return n ? n : symbol_lookup(o, address, out);
}
