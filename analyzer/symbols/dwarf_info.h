/*
 * The DWARF of one ELF file: addresses to functions, what is inlined into them, files and lines.  Private to
 * symbols/.
 *
 * libdw answers "which scopes contain this address" by walking a whole compilation unit each time, and
 * "which unit" only where the compiler wrote .debug_aranges (clang does not).  Both walks are done once
 * here, into sorted arrays.  Units whose functions are in a file of their own (split DWARF) are followed
 * there.
 *
 * A hostile file can make few bytes expand to any amount.  What is visited has a budget, and memory a
 * bound (memory_bound.h).  Past either the file has no DWARF any more.
 */
#ifndef PT_SYMBOLS_DWARF_INFO_H
#define PT_SYMBOLS_DWARF_INFO_H

#include <elfutils/libdwfl.h>

#include "symbols/object.h"

struct dwarf_info;

/* file_bytes: of the ELF file. */
struct dwarf_info *dwarf_info_new(Dwfl_Module *module, uint64_t file_bytes);
void dwarf_info_free(struct dwarf_info *d);

/* Source frames at an address, innermost first; at most OBJECT_INLINED_MAX, 0 when nothing is known. */
uint32_t dwarf_info_lookup(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out);

/* Only the file and line at an address; leaves them alone when nothing is known. */
void dwarf_info_line(struct dwarf_info *d, Dwarf_Addr address, struct object_frame *out);

/* True when a bound was passed: the file's DWARF is not used, and libdw's structures must be left alone. */
bool dwarf_info_is_excessive(const struct dwarf_info *d);

#endif
