/*
 * Finds the functions behind ours.  Names that not every C library has are looked up through
 * dlvsym-free dlsym too: a failing look-up makes the loader allocate its message, which is harmless
 * because the boot arena is in force meanwhile.
 */
#define PT_INTERPOSES
#include "real.h"

#include <dlfcn.h>

struct real real;

void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define FIND(name) real.name##_ = (__typeof__(real.name##_))real_next(#name)

void real_find(void)
{
	FIND(free); /* first: the look-ups that follow may free */
	FIND(calloc);
	FIND(realloc);
	FIND(reallocarray);
	FIND(posix_memalign);
	FIND(aligned_alloc);
	FIND(memalign);
	FIND(valloc);
	FIND(pvalloc);
	FIND(malloc_usable_size);
	FIND(free_sized);
	FIND(free_aligned_sized);
	FIND(mmap);
	FIND(mmap64);
	FIND(munmap);
	FIND(mremap);
	FIND(malloc);
}
