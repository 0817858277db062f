/*
 * Builds a binary syntax tree of twenty thousand nodes, evaluates it, tears it down, and starts
 * again with the next expression.
 *
 * expect: finding kind=region function~tree_grow
 * expect: only
 * expect.fix: no-finding kind=region
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include "../pools.h"

#define ROUNDS 16
#define DEPTH 14

struct expr {
	struct expr *left, *right;
	long value;
	int operator_char, line;
};

#ifdef FIX
ARENA(tree, 65536)
#else
static inline void *tree_get(size_t n) { return malloc(n); }
#endif

static __attribute__((noinline)) struct expr *tree_grow(int depth, long value)
{
	struct expr *e = tree_get(sizeof *e);
	e->value = value;
	e->operator_char = value & 1 ? '+' : '-';
	e->line = depth;
	e->left = depth > 1 ? tree_grow(depth - 1, value * 2 % 1009) : NULL;
	e->right = depth > 1 ? tree_grow(depth - 1, value * 3 % 1013) : NULL;
	return e;
}

static long tree_value(const struct expr *e)
{
	if (!e->left)
		return e->value;
	long l = tree_value(e->left), r = tree_value(e->right);
	return e->operator_char == '+' ? l + r : l - r;
}

#ifndef FIX
static void tree_free(struct expr *e)
{
	if (!e)
		return;
	tree_free(e->left);
	tree_free(e->right);
	free(e);
}
#endif

int main(void)
{
	long sum = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct expr *e = tree_grow(DEPTH, i + 1);
		sum += tree_value(e);
#ifdef FIX
		(void)e;
		tree_reset();
#else
		tree_free(e);
#endif
	}
	printf("%ld\n", sum);
	return 0;
}
