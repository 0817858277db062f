/*
 * Reads a document into a tree, walks it, frees it: a working set, and no cache anywhere.
 *
 * expect: no-finding kind=growing-cache verdict=win
 * expect: no-finding kind=leak
 */
#include <stdio.h>
#include <stdlib.h>

struct element { struct element *next; unsigned long words[9]; };

static __attribute__((noinline)) struct element *parse_element(struct element *next, unsigned i)
{
	struct element *e = calloc(1, sizeof *e);
	volatile unsigned parsed = 0;
	if (!e)
		abort();
	for (unsigned k = 0; k < 200; k++)
		parsed += k * i;
	e->next = next;
	e->words[i % 9] = parsed;
	return e;
}

int main(void)
{
	struct element *root = NULL;
	unsigned long sum = 0;
	for (unsigned i = 0; i < 60000; i++)
		root = parse_element(root, i);
	for (struct element *e = root; e; e = e->next)
		sum += e->words[0];
	while (root) {
		struct element *next = root->next;
		free(root);
		root = next;
	}
	printf("%lu\n", sum);
	return 0;
}
