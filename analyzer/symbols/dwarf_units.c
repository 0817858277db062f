/* See dwarf_units.h. */
#include "symbols/dwarf_units.h"

#include <dwarf.h>
#include <stdlib.h>

#include "symbols/elf_file.h"
#include "symbols/symbols.h"

#define NESTING_MAX 128u

/* Room for one more of an array; gives up where there is no memory. */
static void *grown(void *array, uint32_t n, uint32_t *room, size_t element_bytes)
{
	if (n < *room)
		return array;
	if (*room > UINT32_MAX / 4)
		dwarf_give_up();
	uint32_t more = *room ? *room * 2 : 8;
	void *p = realloc(array, more * element_bytes);
	if (!p)
		dwarf_give_up();
	*room = more;
	return p;
}

#define PUSH(array, n, room) \
	(((array) = grown((array), (n), &(room), sizeof *(array))), &(array)[(n)++])

void units_spend(struct units *u, uint64_t n)
{
	if (n > u->budget)
		dwarf_give_up();
	u->budget -= n;
}

static uint8_t language_of(int dwarf_language)
{
	switch (dwarf_language) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case 0x2c: /* DW_LANG_C17 */
		return LANGUAGE_C;
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case 0x2a: /* DW_LANG_C_plus_plus_17 */
	case 0x2b: /* DW_LANG_C_plus_plus_20 */
		return LANGUAGE_CXX;
	case DW_LANG_Rust:
		return LANGUAGE_RUST;
	default:
		return LANGUAGE_UNKNOWN;
	}
}

/* ---- the functions of a unit ---- */

/* Adds all ranges of a scope; those of a function also as functions. */
static void add_scope(struct units *all, struct unit *u, Dwarf_Die *die, uint32_t depth)
{
	ptrdiff_t offset = 0;
	Dwarf_Addr base, low, high;

	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		units_spend(all, 1);
		if (low >= high)
			continue;
		if (depth == 0)
			*PUSH(u->function, u->n_functions, u->functions_room) =
				(struct function){.low = low, .high = high, .first = u->n_scopes};
		*PUSH(u->scope, u->n_scopes, u->scopes_room) = (struct scope){
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
static void dwarf_units_walk(struct units *all, struct unit *u, Dwarf_Die *parent, uint32_t depth,
                             uint32_t nesting)
{
	Dwarf_Die die;
	if (nesting > NESTING_MAX || dwarf_child(parent, &die) != 0)
		return;

	do {
		int tag = dwarf_tag(&die);
		units_spend(all, 1);
		if (!may_hold_code(tag))
			continue;
		if (tag == DW_TAG_subprogram) {
			uint32_t n = u->n_functions;
			add_scope(all, u, &die, 0);
			uint32_t end = u->n_functions;
			dwarf_units_walk(all, u, &die, 1, nesting + 1);
			for (; n < end; n++)
				u->function[n].end = u->n_scopes;
		} else if (tag == DW_TAG_inlined_subroutine) {
			add_scope(all, u, &die, depth);
			dwarf_units_walk(all, u, &die, depth + 1, nesting + 1);
		} else {
			dwarf_units_walk(all, u, &die, depth, nesting + 1);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int by_low(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	return x->low < y->low ? -1 : x->low > y->low;
}

/* ---- split units ---- */

static const char *text_attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

/* libdw opens the file that a unit names without a look at what it is; in these places. */
static bool may_open_split(const struct units *all, Dwarf_Die *cu, const char *dwo)
{
	const char *built_in = text_attribute(cu, DW_AT_comp_dir);
	if (!elf_file_is_harmless_in(all->directory, dwo))
		return false;
	if (!built_in)
		return true;
	char *directory = elf_file_path(all->directory, built_in);
	bool harmless = elf_file_is_harmless_in(directory, dwo);
	free(directory);
	return harmless;
}

/* The die that has the functions: the unit itself, or its other half in a file of its own. */
static Dwarf_Die half_with_code(const struct units *all, Dwarf_Die *cu)
{
	Dwarf_Die other = {0};
	const char *dwo = text_attribute(cu, DW_AT_dwo_name);
	if (!dwo)
		dwo = text_attribute(cu, DW_AT_GNU_dwo_name);
	if (!dwo || !may_open_split(all, cu, dwo) ||
	    dwarf_cu_info(cu->cu, NULL, NULL, NULL, &other, NULL, NULL, NULL) != 0 || !other.cu)
		return *cu;
	dwarf_new_oom_handler(dwarf_cu_getdwarf(other.cu), dwarf_give_up);
	return other;
}

/* ---- units ---- */

static struct unit *unit_of(struct units *all, Dwarf_Die *cu)
{
	Dwarf_Off at = dwarf_dieoffset(cu);
	for (uint32_t i = 0; i < all->n_units; i++)
		if (all->unit[i].die == at)
			return &all->unit[i];

	Dwarf_Die half = half_with_code(all, cu);
	struct unit *u = PUSH(all->unit, all->n_units, all->units_room);
	*u = (struct unit){.die = at,
	                   .dwarf = dwarf_cu_getdwarf(half.cu),
	                   .language = language_of(dwarf_srclang(&half))};
	dwarf_units_walk(all, u, &half, 0, 0);
	if (u->n_functions)
		qsort(u->function, u->n_functions, sizeof *u->function, by_low);
	return u;
}

const struct unit *units_get(struct units *all, Dwarf_Die *cu)
{
	return unit_of(all, cu);
}

void units_load_lines(struct units *all, Dwarf_Die *cu)
{
	struct unit *u = unit_of(all, cu);
	Dwarf_Lines *lines;
	size_t n;
	if (u->has_lines)
		return;
	u->has_lines = true;
	if (dwarf_getsrclines(cu, &lines, &n) == 0)
		units_spend(all, n);
}

static void add_ranges(struct units *all, Dwarf_Die *cu)
{
	ptrdiff_t offset = 0;
	Dwarf_Addr base, low, high;
	units_spend(all, 1);
	while ((offset = dwarf_ranges(cu, offset, &base, &low, &high)) > 0) {
		units_spend(all, 1);
		if (low < high)
			*PUSH(all->range, all->n_ranges, all->ranges_room) = (struct unit_range){
				.low = low, .high = high, .die = dwarf_dieoffset(cu)};
	}
}

static int by_range(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->die < y->die ? -1 : x->die > y->die;
}

static void load_ranges(struct units *all, Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die cu;
	all->has_ranges = true;
	while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &cu, NULL) == 0)
		add_ranges(all, &cu);
	if (all->n_ranges)
		qsort(all->range, all->n_ranges, sizeof *all->range, by_range);
}

bool units_find(struct units *all, Dwarf *dwarf, Dwarf_Addr address, Dwarf_Die *cu)
{
	if (dwarf_addrdie(dwarf, address, cu))
		return true;
	if (!all->has_ranges)
		load_ranges(all, dwarf);

	uint32_t lo = 0, hi = all->n_ranges;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (all->range[mid].low <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct unit_range *r = lo ? &all->range[lo - 1] : NULL;
	return r && address < r->high && dwarf_offdie(dwarf, r->die, cu);
}

void units_release(struct units *all)
{
	for (uint32_t i = 0; i < all->n_units; i++) {
		free(all->unit[i].scope);
		free(all->unit[i].function);
	}
	free(all->unit);
	free(all->range);
	free(all->directory);
	*all = (struct units){0};
}
