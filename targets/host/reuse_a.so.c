/*
 * One of two plugins of the same shape, loaded by dlclose_reuse.c at the same address in turn.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <stdlib.h>

void *storm_alloc(size_t n);

__attribute__((noinline)) static void *alloc_of_plugin_a(size_t n)
{
	volatile char room[40];
	room[0] = 1;
	void *p = malloc(n);
	room[1] = room[0];
	return p;
}

void *storm_alloc(size_t n)
{
	void *p = alloc_of_plugin_a(n);
	__asm__ __volatile__("" : "+r"(p));
	return p;
}
