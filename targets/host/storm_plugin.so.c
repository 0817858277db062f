/*
 * The plugin that dlopen_storm.c loads and unloads: it allocates when it comes and when it goes.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <stdlib.h>

static void *held;

__attribute__((constructor)) static void come(void)
{
	held = malloc(321);
}

__attribute__((destructor)) static void go(void)
{
	free(held);
}

void *storm_alloc(size_t n);
void *storm_alloc(size_t n)
{
	void *p = malloc(n);
	__asm__ __volatile__("" : "+r"(p));
	return p;
}
