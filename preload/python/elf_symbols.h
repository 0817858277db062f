/*
 * Symbols of a loaded module, read from its own dynamic symbol table.
 *
 * The loader is not asked: a libpython that was opened RTLD_LOCAL is found like any other, inside a
 * hook as well as outside, and the loader's lock is never taken.
 */
#ifndef PT_PYTHON_ELF_SYMBOLS_H
#define PT_PYTHON_ELF_SYMBOLS_H

#include "unwind/module_map.h"

struct symbols {
	uint64_t base;
	const ElfW(Sym) * symbol;
	const char *names;
	const uint32_t *gnu_hash;
};

/* False: the module has no such tables. */
bool symbols_of(const struct module *m, struct symbols *s);

/* Address of a defined symbol, NULL: none.  n_bytes, if not NULL, receives its size. */
void *symbols_find(const struct symbols *s, const char *name, uint64_t *n_bytes);

#endif
