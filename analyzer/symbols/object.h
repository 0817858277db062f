/*
 * One ELF file: addresses to functions and lines.  Private to symbols/.
 *
 * Addresses are those of the file (vaddr).  Functions come from DWARF with what was inlined into
 * them; where there is no DWARF from the symbol tables (.symtab, .gnu_debugdata, .dynsym).  A function
 * that has no symbol (of a stripped program) is known by its start, from the unwind tables: the nearest
 * symbol before it would be another one's.
 */
#ifndef PT_SYMBOLS_OBJECT_H
#define PT_SYMBOLS_OBJECT_H

#include "symbols/symbols.h"

#define OBJECT_INLINED_MAX 64u

/* One source frame at an address. */
struct object_frame {
	const char *function;  /* mangled or plain; NULL unknown */
	uint64_t start;        /* address of a function without a name; 0 unknown */
	const char *file;      /* NULL unknown */
	uint32_t line, column; /* 0 unknown */
	uint8_t language;
	bool guessed;
};

struct object;

/* NULL with *state saying why not. */
struct object *object_open(const struct trace_module *m, enum module_state *state);
void object_close(struct object *o);

/* True when the file's debug information passed a bound and is not used any more. */
bool object_is_excessive(const struct object *o);

/* The same from a cache that all traces of a command share.  The cache owns the object: never close it. */
struct object *object_shared(const struct trace_module *m, enum module_state *state);

/* Source frames at a file address, innermost first; how many, 0 when nothing is known. */
uint32_t object_lookup(struct object *o, uint64_t address, struct object_frame *out);

#endif
