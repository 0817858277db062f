/*
 * The first of these plugins again, to the byte, under another name.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <stdlib.h>

void *storm_alloc(size_t n);

__attribute__((noinline)) static void *alloc_of_plugin_c(size_t n)
{
	volatile char room[40];
	room[0] = 1;
	void *p = malloc(n);
	room[1] = room[0];
	return p;
}

void *storm_alloc(size_t n)
{
	void *p = alloc_of_plugin_c(n);
	__asm__ __volatile__("" : "+r"(p));
	return p;
}
