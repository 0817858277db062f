/*
 * Zeroed tables by calloc: sizes are the product, contents are zero, an overflowing product fails.
 *
 * expect: site function=make_table allocs=50 frees=50 bytes=200000 live=0 peak=4000 peak_blocks=1
 * expect: site function=make_kept allocs=3 bytes=72 live=72
 * expect: total allocs=53
 */
#include <stdint.h>
#include <stdlib.h>
#include "target.h"

static NOINLINE int *make_table(void)
{
	return keep(calloc(1000, sizeof(int)));
}

static NOINLINE void *make_kept(void)
{
	return keep(calloc(3, 8));
}

int main(void)
{
	volatile size_t too_many = SIZE_MAX / 2;
	int sum = 0;

	for (int i = 0; i < 50; i++) {
		int *t = make_table();
		for (int j = 0; j < 1000; j++)
			sum += t[j];
		t[i] = 1;
		free(t);
	}
	for (int i = 0; i < 3; i++)
		make_kept();
	return sum != 0 || keep(calloc(too_many, 4)) != NULL;
}
