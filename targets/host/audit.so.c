/*
 * An LD_AUDIT library that looks at every object and binding and allocates (in its own namespace).
 *
 * cflags: -D_GNU_SOURCE
 */
#include <link.h>
#include <stdlib.h>

static unsigned long n_seen;

unsigned int la_version(unsigned int version)
{
	return version;
}

unsigned int la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie)
{
	(void)map;
	(void)namespace;
	*cookie = (uintptr_t)malloc(32);
	n_seen++;
	return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

uintptr_t la_symbind64(Elf64_Sym *symbol, unsigned int index, uintptr_t *from, uintptr_t *to,
                       unsigned int *flags, const char *name)
{
	(void)index;
	(void)from;
	(void)to;
	(void)flags;
	(void)name;
	free(malloc(16));
	n_seen++;
	return symbol->st_value;
}
