/*
 * Compilation units of one ELF file as sorted arrays; see dwarf_info.h.  Private to symbols/.
 *
 * All of this runs inside a step of dwarf_info.c: where a budget or memory runs out, dwarf_give_up() does
 * not return.
 */
#ifndef PT_SYMBOLS_DWARF_UNITS_H
#define PT_SYMBOLS_DWARF_UNITS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

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
	Dwarf_Off die; /* of the unit in the main file */
	Dwarf *dwarf;  /* that has the functions: the main file's, or a split one's */
	uint8_t language;
	bool has_lines;
	struct scope *scope;
	struct function *function; /* by low */
	uint32_t n_scopes, scopes_room, n_functions, functions_room;
};

struct unit_range {
	Dwarf_Addr low, high;
	Dwarf_Off die; /* of the unit */
};

struct units {
	struct unit *unit; /* those asked for */
	uint32_t n_units, units_room;
	struct unit_range
		*range; /* of all units, by low; made when an address is in none of libdw's */
	uint32_t n_ranges, ranges_room;
	bool has_ranges;
	char *directory; /* of the file that has the DWARF */
	uint64_t budget; /* records of DWARF that may still be visited */
};

__attribute__((noreturn)) void dwarf_give_up(void);

/* Takes n from the budget, or gives up. */
void units_spend(struct units *u, uint64_t n);

/* The functions of a unit.  The pointer holds until the next call. */
const struct unit *units_get(struct units *u, Dwarf_Die *cu);

/* Reads the lines of a unit the first time. */
void units_load_lines(struct units *u, Dwarf_Die *cu);

/* Sets *cu to the unit that has an address; false: there is none. */
bool units_find(struct units *u, Dwarf *dwarf, Dwarf_Addr address, Dwarf_Die *cu);

void units_release(struct units *u);

#endif
