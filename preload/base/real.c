/*
 * Finds the functions behind ours.  A look-up that fails makes the loader keep a message for
 * dlerror(), which the host must not see; and to free it later by the first free() in line, which may
 * be another preload's that calls dlsym() first, and so on without end.  So there is no memory for
 * such a message.
 */
#define PT_INTERPOSES
#include "real.h"

#include <dlfcn.h>

PT_EACH_EVENT struct real real;

void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

void *real_first_malloc(void)
{
	return dlsym(RTLD_DEFAULT, "malloc");
}

bool real_trying; /* by the one thread that starts up */

void *real_try_next(const char *name)
{
	real_trying = true;
	void *p = dlsym(RTLD_NEXT, name);
	real_trying = false;
	if (!p)
		dlerror();
	return p;
}

#define FIND(name) real.name##_ = (__typeof__(real.name##_))real_next(#name)

static void *next_malloc;                       /* real.malloc_, which is blank at times */
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
	FIND(mmap);
	FIND(mmap64);
	FIND(munmap);
	FIND(mremap);
	FIND(sigprocmask);
	FIND(pthread_sigmask);
	FIND(fork);
	FIND(execve);
	FIND(execvpe);
	FIND(execv);
	FIND(execvp);
	FIND(fexecve);
	FIND(close);
	FIND(dlclose);
	FIND(dl_iterate_phdr);
	FIND(malloc);
	next_malloc = (void *)real.malloc_;
}

void real_find_sized(struct real *r)
{
	r->free_sized_ = (__typeof__(r->free_sized_))real_try_next("free_sized");
	r->free_aligned_sized_ =
		(__typeof__(r->free_aligned_sized_))real_try_next("free_aligned_sized");
}
