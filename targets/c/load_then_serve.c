/*
 * Loads a data set of many small records, answers questions from it for most of the run, and frees
 * it at the end.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>

#define RECORDS 30000

struct record { struct record *left, *right; unsigned key, value; char note[40]; };

static __attribute__((noinline)) struct record *record_insert(struct record *r, unsigned key)
{
	if (r) {
		struct record **side = key < r->key ? &r->left : &r->right;
		*side = record_insert(*side, key);
		return r;
	}
	r = calloc(1, sizeof *r);
	r->key = key;
	r->value = key * 3;
	return r;
}

static unsigned record_find(const struct record *r, unsigned key)
{
	while (r && r->key != key)
		r = key < r->key ? r->left : r->right;
	return r ? r->value : 0;
}

static void record_free(struct record *r)
{
	if (!r)
		return;
	record_free(r->left);
	record_free(r->right);
	free(r);
}

int main(void)
{
	struct record *root = NULL;
	unsigned seed = 61;
	unsigned long sum = 0;
	for (int i = 0; i < RECORDS; i++) {
		seed = seed * 1103515245u + 12345u;
		root = record_insert(root, seed >> 4);
	}
	for (int i = 0; i < 1500000; i++) {
		seed = seed * 1103515245u + 12345u;
		sum += record_find(root, seed >> 4);
	}
	record_free(root);
	printf("%lu\n", sum);
	return 0;
}
