/*
 * Allocates 100 blocks of 64 bytes in one function and 10 of 1000 in another, frees the first lot.
 *
 * expect: site function=make_small allocs=100 frees=100 bytes=6400 live=0 live_blocks=0 peak=6400 peak_blocks=100
 * expect: site function=make_big allocs=10 frees=0 bytes=10000 live=10000 live_blocks=10 peak=10000
 * expect: total allocs=110 frees=100 allocated_bytes=16400 live_bytes=10000 peak_live_bytes=16400
 * expect: health lost_events=0 unmatched_frees=0 truncated_stacks=0 complete=true
 */
#include <stdlib.h>
#include "target.h"

static NOINLINE void *make_small(void)
{
	return keep(malloc(64));
}

static NOINLINE void *make_big(void)
{
	return keep(malloc(1000));
}

int main(void)
{
	void *small[100], *big[10];

	for (int i = 0; i < 100; i++)
		small[i] = make_small();
	for (int i = 0; i < 10; i++)
		big[i] = make_big();
	for (int i = 0; i < 100; i++)
		free(small[i]);
	keep(big);
	return 0;
}
