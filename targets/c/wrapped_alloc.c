/*
 * A program's own xmalloc under two callers: sites are named after the callers.
 *
 * expect: site function=parse_header allocs=20 bytes=320 live=0
 * expect: site function=parse_body allocs=80 bytes=8000 live=0
 */
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

static NOINLINE void *xmalloc(size_t n)
{
	void *p = keep(malloc(n));

	if (!p)
		abort();
	return p;
}

static NOINLINE void *parse_header(void)
{
	return keep(xmalloc(16));
}

static NOINLINE void *parse_body(void)
{
	return keep(xmalloc(100));
}

int main(void)
{
	for (int i = 0; i < 20; i++)
		free(parse_header());
	for (int i = 0; i < 80; i++)
		free(parse_body());
	return 0;
}
