/*
 * Another preloaded library that wraps malloc and free, as many do: finds the next ones with dlsym
 * at its first call, from inside a call, and counts.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <stdlib.h>

static void *(*next_malloc)(size_t);
static void (*next_free)(void *);
unsigned long other_preload_calls;

void *malloc(size_t n)
{
	if (!next_malloc)
		next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	__atomic_add_fetch(&other_preload_calls, 1, __ATOMIC_RELAXED);
	return next_malloc(n);
}

void free(void *p)
{
	if (!next_free)
		next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next_free(p);
}
