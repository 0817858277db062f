/*
 * Zero sizes: malloc(0), calloc(0, n), realloc(NULL, 0) give blocks; realloc(p, 0) frees; free(NULL) is nothing.
 *
 * expect: total allocs=5 frees=5 allocated_bytes=32 live_bytes=0 live_blocks=0
 * expect: health unmatched_frees=0
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

int main(void)
{
	volatile size_t zero = 0;
	void *m = keep(malloc(zero)), *c = keep(calloc(zero, 8)), *r = keep(realloc(NULL, zero));
	void *a = keep(aligned_alloc(64, zero)), *p = keep(malloc(32));
	int failed = !m || !c || !r || m == c || c == r;

	p = realloc(p, zero); /* glibc frees and returns NULL */
	failed |= p != NULL;
	free(m);
	free(c);
	free(r);
	free(a);
	free(NULL);
	return failed;
}
