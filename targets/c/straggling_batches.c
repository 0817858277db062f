/*
 * Batches of sixty-four blocks die together except one of each, which stays for a long time: at no
 * moment is the group empty, and a region could never be reset.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>

#define BATCH 64
#define KEPT 300

struct cell { struct cell *next; unsigned long value; unsigned id[9]; };

static __attribute__((noinline)) struct cell *cell_new(unsigned id)
{
	struct cell *c = malloc(sizeof *c);
	c->value = id;
	c->next = NULL;
	return c;
}

static unsigned long cell_work(unsigned long v)
{
	for (int i = 0; i < 2500; i++)
		v = v * 6364136223846793005ul + 1442695040888963407ul;
	return v;
}

int main(void)
{
	static struct cell *kept[KEPT];
	unsigned long sum = 0;
	for (unsigned batch = 0; batch < 700; batch++) {
		struct cell *cells[BATCH];
		for (unsigned i = 0; i < BATCH; i++)
			cells[i] = cell_new(batch * BATCH + i);
		for (unsigned i = 1; i < BATCH; i++) {
			sum += cell_work(cells[i]->value);
			free(cells[i]);
		}
		free(kept[batch % KEPT]);
		kept[batch % KEPT] = cells[0];
	}
	for (int i = 0; i < KEPT; i++)
		free(kept[i]);
	printf("%lu\n", sum);
	return 0;
}
