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

static void *next_malloc; /* real.malloc_, which is blank at times */
static uint64_t allocator_start, allocator_end; /* the module it is in */

static void find_allocator(void)
{
	struct dl_find_object found;
	if (_dl_find_object(next_malloc, &found) != 0)
		return;
	allocator_start = (uint64_t)found.dlfo_map_start;
	allocator_end = (uint64_t)found.dlfo_map_end;
}

/* Looked up late: at the first malloc of all the loader may not answer yet. */
bool real_is_allocator(uint64_t address)
{
	if (unlikely(!allocator_end))
		find_allocator();
	return address - allocator_start < allocator_end - allocator_start;
}

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
	next_malloc = (void *)real.malloc_;
}
