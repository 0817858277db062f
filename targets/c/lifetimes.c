/*
 * Temporary blocks (freed before the thread allocates again), and blocks of four known sizes that overlap.
 *
 * expect: site function=make_temporary allocs=200 temporary_allocs=200 peak_blocks=1
 * expect: site function=make_window allocs=100 temporary_allocs=0 peak_blocks=10 peak=640 live=0
 */
#include <stdlib.h>
#include "target.h"

static NOINLINE void *make_temporary(int i)
{
	return keep(malloc(8u << (i % 4)));
}

static NOINLINE void *make_window(void)
{
	return keep(malloc(64));
}

int main(void)
{
	void *window[10] = {0};

	for (int i = 0; i < 200; i++)
		free(make_temporary(i));
	for (int i = 0; i < 100; i++) {
		if (window[i % 10])
			free(window[i % 10]);
		window[i % 10] = make_window();
		free(keep(malloc(1)));
	}
	for (int i = 0; i < 10; i++)
		free(window[i]);
	return 0;
}
