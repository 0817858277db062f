/*
 * Allocates at the bottom of a deep recursion.
 *
 * usage: recursion DEPTH
 * promise: no crash, no overflow of the program's stack; a stack of more frames than a record can
 * hold keeps its root end and its leaf end and is counted.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <sys/resource.h>

#include "ledger.h"

__attribute__((noinline)) static void *descend(int depth)
{
	void *p = depth ? descend(depth - 1) : led_malloc(1234);
	__asm__ __volatile__("");
	if (depth % 1000 == 999)
		led_free(led_malloc((size_t)depth));
	return p;
}

int main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 5000;
	for (int i = 0; i < 3; i++)
		led_free(descend(depth));
	printf("%d deep\n", depth);
	return 0;
}
