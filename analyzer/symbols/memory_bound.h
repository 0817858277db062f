/*
 * A bound on the memory that reading a file's symbols may take.  Private to symbols/.
 *
 * A few kilobytes of ELF or DWARF can ask libelf and libdw for any amount.  Steps that expand what a file
 * holds run between memory_bound_begin() and memory_bound_end(), under a limit of the address space.
 * Each file adds to what all files together may take, in proportion to its size.
 */
#ifndef PT_SYMBOLS_MEMORY_BOUND_H
#define PT_SYMBOLS_MEMORY_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#define SYMBOLS_BASE_BYTES (256ull << 20) /* for all files together */
#define SYMBOLS_BYTES_PER_FILE_BYTE 64u

/* A file of so many bytes is going to be read. */
void memory_bound_add_file(uint64_t file_bytes);

/* Whether so many more bytes are within the bound. */
bool memory_bound_allows(uint64_t bytes);

/* Not nested. */
void memory_bound_begin(void);
void memory_bound_end(void);

#endif
