/*
 * Allocates in a constructor with the first priority, in main, in a destructor and in an atexit handler.
 *
 * expect: site function=early allocs=3 bytes=300 live=300
 * expect: site function=late allocs=4 frees=4 live=0
 */
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

static void *kept[3];

static NOINLINE void *early(void)
{
	return keep(malloc(100));
}

static NOINLINE void late(void)
{
	free(keep(malloc(10)));
}

__attribute__((constructor(101))) static void first(void)
{
	for (int i = 0; i < 3; i++)
		kept[i] = early();
}

__attribute__((destructor)) static void last(void)
{
	late();
	late();
	puts("end");
}

static void at_exit(void)
{
	late();
}

int main(void)
{
	atexit(at_exit);
	late();
	puts("main");
	keep(kept);
	return 0;
}
