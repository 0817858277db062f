/*
 * Symbols of a loaded object, read from its own dynamic symbol table.
 *
 * The loader is not asked: dlsym() may be another preload's, takes the loader's lock, and leaves a message
 * for dlerror() when it finds nothing.  So an object is found inside a hook as well as outside, and
 * before the C library is initialised.
 */
#ifndef PT_SYMBOLS_H
#define PT_SYMBOLS_H

#include "base/pt.h"

struct symbols {
	uint64_t base; /* load bias */
	const ElfW(Sym) * symbol;
	const char *names;
	const uint32_t *gnu_hash, *sysv_hash; /* NULL: the object has no such table */
	const uint16_t *versions;             /* NULL: its symbols have none */
};

/* The tables that a dynamic section names.  False: there are none. */
bool symbols_of(uint64_t base, const ElfW(Dyn) * dynamic, struct symbols *s);

/* The same of an object with these program headers. */
bool symbols_of_image(uint64_t base, const ElfW(Phdr) * phdr, unsigned n, struct symbols *s);

/* Entry of a defined symbol, in its default version; NULL: none. */
const ElfW(Sym) * symbols_entry(const struct symbols *s, const char *name);

/* Its address, NULL: none.  n_bytes, if not NULL, receives its size. */
void *symbols_find(const struct symbols *s, const char *name, uint64_t *n_bytes);

#endif
