/*
 * malloc and free at a given depth, over 64 stacks that alternate.
 *
 *     stacks PAIRS DEPTH root|leaf|same|flat
 *
 * The stacks differ in which of two functions is called on six levels: the six next to the root or
 * the six next to the leaf; with "same" they do not differ.  "flat" calls malloc from main.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS_VARIED 6

static void *left(unsigned bits, int depth);
static void *right(unsigned bits, int depth);

/* Two functions that do the same and are not merged into one. */
static __attribute__((noinline, optimize("no-ipa-icf"))) void *left(unsigned bits, int depth)
{
	void *p = depth == 0               ? malloc(32)
	          : bits >> depth % 32 & 1 ? left(bits, depth - 1)
	                                   : right(bits, depth - 1);
	__asm__ volatile("" ::"r"(p));
	return p;
}

static __attribute__((noinline, optimize("no-ipa-icf"))) void *right(unsigned bits, int depth)
{
	void *p = depth == 0               ? malloc(32)
	          : bits >> depth % 32 & 1 ? left(bits, depth - 1)
	                                   : right(bits, depth - 1);
	__asm__ volatile("nop" ::"r"(p));
	return p;
}

static void run_flat(long n_pairs)
{
	for (long i = 0; i < n_pairs; i++) {
		void *p = malloc(16 + (size_t)i % 64);
		__asm__ volatile("" ::"r"(p));
		free(p);
	}
}

static void run_deep(long n_pairs, int depth, int shift)
{
	for (long i = 0; i < n_pairs; i++)
		free(left((unsigned)(i % 64) << shift, depth));
}

static void run_same(long n_pairs, int depth)
{
	for (long i = 0; i < n_pairs; i++)
		free(left(~0u, depth));
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	long n_pairs = atol(argv[1]);
	int depth = atoi(argv[2]);
	if (strcmp(argv[3], "flat") == 0)
		run_flat(n_pairs);
	else if (strcmp(argv[3], "same") == 0)
		run_same(n_pairs, depth);
	else
		run_deep(n_pairs, depth,
		         strcmp(argv[3], "root") == 0 ? depth - LEVELS_VARIED + 1 : 1);
	puts("done");
	return 0;
}
