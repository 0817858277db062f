/*
 * See dwarf_info.h.  Each look-up is one step: it runs under the bound of memory, and libdw's own failure
 * to get memory, which would end the process, leads back to step().
 */
#include "symbols/dwarf_info.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf_units.h"
#include "symbols/elf_file.h"
#include "symbols/memory_bound.h"
#include "util/mem.h"

#define RECORDS_PER_FILE_BYTE 16u /* compressed sections have several in a byte */
#define BASE_RECORDS (1u << 20)
#define SCOPES_PER_RECORD 16u /* that a look-up passes over in the time of visiting one record */

struct dwarf_info {
	Dwfl_Module *module;
	uint64_t file_bytes;
	Dwarf *dwarf; /* NULL: there is none */
	Dwarf_Addr bias;
	bool is_open, is_excessive;
	struct units units;
};

static jmp_buf give_up;

void dwarf_give_up(void)
{
	longjmp(give_up, 1);
}

struct dwarf_info *dwarf_info_new(Dwfl_Module *module, uint64_t file_bytes)
{
	struct dwarf_info *d = mem_zalloc(1, sizeof *d);
	d->module = module;
	d->file_bytes = file_bytes;
	return d;
}

void dwarf_info_free(struct dwarf_info *d)
{
	if (!d)
		return;
	units_release(&d->units);
	free(d);
}

bool dwarf_info_is_excessive(const struct dwarf_info *d)
{
	return d->is_excessive;
}

/* ---- opening ---- */

/* A file of what several have in common (dwz) is opened by libdw without a look at what it is. */
static bool is_common_file_harmless(const struct dwarf_info *d, Dwarf *dwarf)
{
	const char *name;
	const void *build_id;
	return dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &build_id) <= 0 ||
	       elf_file_is_harmless_in(d->units.directory, name);
}

/* Of the file that has the DWARF: other files are found from there. */
static char *dwarf_info_directory_of(Dwfl_Module *module)
{
	const char *file = NULL, *debug = NULL;
	dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &file, &debug);
	const char *path = debug ? debug : file ? file : "", *slash = strrchr(path, '/');
	return slash ? mem_printf("%.*s", (int)(slash - path + 1), path) : mem_strdup(".");
}

static void open_dwarf(struct dwarf_info *d)
{
	GElf_Addr bias;
	d->is_open = true;
	elf_file_debuginfo_bytes = 0;
	if (!memory_bound_allows(elf_file_unpacked_bytes(dwfl_module_getelf(d->module, &bias))))
		dwarf_give_up();
	Dwarf *dwarf = dwfl_module_getdwarf(d->module, &d->bias);
	if (!dwarf)
		return;
	d->units.directory = dwarf_info_directory_of(d->module);
	if (!is_common_file_harmless(d, dwarf))
		return;

	dwarf_new_oom_handler(dwarf, dwarf_give_up);
	d->dwarf = dwarf;
	d->units.budget = BASE_RECORDS +
	                  RECORDS_PER_FILE_BYTE * (d->file_bytes + elf_file_debuginfo_bytes);
}

/* ---- one address ---- */

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

	if (dwarf_attr(die, DW_AT_call_column, &attribute) &&
	    dwarf_formudata(&attribute, &value) == 0)
		f->column = (uint32_t)value;

	if (dwarf_attr(die, DW_AT_call_file, &attribute) &&
	    dwarf_formudata(&attribute, &value) == 0 && dwarf_diecu(die, &cu, NULL, NULL) &&
	    dwarf_getsrcfiles(&cu, &files, &n) == 0 && value < n)
		f->file = dwarf_filesrc(files, value, NULL, NULL);
}

static void line_at(struct dwarf_info *d, Dwarf_Die *cu, Dwarf_Addr address, struct object_frame *f)
{
	int number = 0;
	units_load_lines(&d->units, cu);
	Dwarf_Line *line = dwarf_getsrc_die(cu, address);
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	if (!file || dwarf_lineno(line, &number) != 0)
		return;
	f->file = file;
	f->line = number > 0 ? (uint32_t)number : 0;
	if (f->line && dwarf_linecol(line, &number) == 0 && number > 0)
		f->column = (uint32_t)number;
}

static const struct function *dwarf_info_function_at(const struct unit *u, Dwarf_Addr address)
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

/* The scopes around an address, outermost first; how many. */
static uint32_t chain_at(struct units *all, const struct unit *u, Dwarf_Addr address,
                         const struct scope **chain)
{
	const struct function *fn = dwarf_info_function_at(u, address);
	uint32_t n = 0;

	if (!fn)
		return 0;
	units_spend(all, (fn->end - fn->first) / SCOPES_PER_RECORD);
	for (uint32_t i = fn->first; i < fn->end; i++) {
		const struct scope *s = &u->scope[i];
		if (address < s->low || address >= s->high)
			continue;
		while (n && chain[n - 1]->depth >= s->depth)
			n--;
		if (n < OBJECT_INLINED_MAX)
			chain[n++] = s;
	}

	return n;
}

static uint32_t frames_at(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out)
{
	const struct scope *chain[OBJECT_INLINED_MAX];
	Dwarf_Die cu, die;
	if (!units_find(&d->units, d->dwarf, address, &cu))
		return 0;
	const struct unit *u = units_get(&d->units, &cu);
	uint32_t n = chain_at(&d->units, u, address, chain);

	memset(out, 0, OBJECT_INLINED_MAX * sizeof *out);
	line_at(d, &cu, address, &out[0]);
	for (uint32_t i = 0; i < n; i++) {
		out[i].language = u->language;
		if (!dwarf_offdie(u->dwarf, chain[n - 1 - i]->die, &die))
			continue;
		out[i].function = die_name(&die);
		if (i + 1 < n)
			call_site(&die, &out[i + 1]);
	}
	return n;
}

/* ---- steps ---- */

/* In a unit that has lines alone: of assembler, or where the function is not described. */
static uint32_t line_only(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out)
{
	Dwarf_Die cu;
	if (units_find(&d->units, d->dwarf, address, &cu))
		line_at(d, &cu, address, out);
	return 1;
}

/* What `look` returns for an address; 0 when there is no DWARF, or a bound was passed. */
static uint32_t dwarf_info_step(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out,
                                uint32_t (*look)(struct dwarf_info *, Dwarf_Addr,
                                                 struct object_frame *))
{
	volatile uint32_t n = 0;
	if (d->is_excessive || (d->is_open && !d->dwarf))
		return 0;

	memory_bound_begin();
	if (setjmp(give_up) == 0) {
		if (!d->is_open)
			open_dwarf(d);
		if (d->dwarf)
			n = look(d, address - d->bias, out);
	} else {
		d->is_excessive = true;
		n = 0;
	}
	memory_bound_end();
	if (d->is_excessive)
		units_release(&d->units);
	return n;
}

uint32_t dwarf_info_lookup(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out)
{
	return dwarf_info_step(d, address, out, frames_at);
}

void dwarf_info_line(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out)
{
	struct object_frame f = *out;
	dwarf_info_step(d, address, &f, line_only);
	if (!d->is_excessive)
		*out = f;
}
