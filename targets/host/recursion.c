/*
 * Allocates at the bottom of a deep recursion, or at each of its levels: below main(), and below a frame that only
 * all registers lead out of.
 *
 * usage: recursion DEPTH [each]
 * promise: no crash, no overflow of the program's stack; a stack of more frames than a record can
 * hold keeps its root end and its leaf end and is counted; an allocation takes no longer the deeper it is.
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

/* As copies of lists, recursive parsers and builders of trees do. */
__attribute__((noinline)) static void each_level(int depth)
{
	void *p = led_malloc((size_t)depth % 100 + 1);
	if (depth)
		each_level(depth - 1);
	led_free(p);
}

/* Its stack is aligned, and where its frame began is in a register that is no frame pointer. */
__attribute__((noinline)) static void below_aligned(int depth)
{
	_Alignas(128) volatile char vector[128];
	char *volatile block = __builtin_alloca((size_t)depth % 64 + 1);
	vector[0] = block[0] = 1;
	each_level(depth);
	vector[1] = vector[0];
}

int main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 5000;
	if (argc > 2) {
		each_level(depth);
		below_aligned(depth);
		printf("%d at each level\n", depth);
		return 0;
	}
	for (int i = 0; i < 3; i++)
		led_free(descend(depth));
	printf("%d deep\n", depth);
	return 0;
}
