/*
 * An array that doubles as it grows: realloc(NULL), growth, shrinking, and the values stay.
 *
 * expect: site function=array_push allocs=11 frees=11 bytes=8188 live=0 peak=4096 peak_blocks=1
 * expect: site function=array_shrink allocs=1 frees=0 bytes=400 live=400
 * expect: total allocs=12 frees=11 live_bytes=400 live_blocks=1
 */
#include <stdlib.h>
#include "target.h"

struct array {
	int *item;
	size_t n, room;
};

static NOINLINE void array_shrink(struct array *a, size_t room)
{
	a->item = keep(realloc(a->item, room * sizeof(int)));
	a->room = room;
}

static NOINLINE void array_push(struct array *a, int value)
{
	if (a->n == a->room) {
		a->room = a->room ? a->room * 2 : 1;
		a->item = keep(realloc(a->item, a->room * sizeof(int)));
	}
	a->item[a->n++] = value;
}

int main(void)
{
	struct array a = {0};
	long sum = 0;

	for (int i = 0; i < 1000; i++)
		array_push(&a, i);
	array_shrink(&a, 100);
	for (int i = 0; i < 100; i++)
		sum += a.item[i];
	keep(a.item);
	return sum != 99 * 100 / 2;
}
