/*
 * The allocating function is inlined into two callers: the frames show it, with its own lines.
 *
 * cflags: -O2
 * expect: site function=buffer_new line=@here allocs=30 live=0
 */
#include <stdlib.h>
#include "target.h"

static inline __attribute__((always_inline)) void *buffer_new(size_t n)
{
	void *p = malloc(n); /* @here */
	return keep(p);
}

static NOINLINE void read_input(void)
{
	free(buffer_new(100));
}

static NOINLINE void write_output(void)
{
	free(buffer_new(200));
}

int main(void)
{
	for (int i = 0; i < 10; i++)
		read_input();
	for (int i = 0; i < 20; i++)
		write_output();
	return 0;
}
