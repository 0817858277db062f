/*
 * A realloc that cannot be served keeps the block and its contents; a malloc of half the address space fails.
 *
 * expect: total allocs=1 frees=1 allocated_bytes=1000 live_bytes=0
 * expect: health unmatched_frees=0
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include "target.h"

int main(void)
{
	volatile size_t huge = PTRDIFF_MAX - 4096;
	char *volatile p = keep(malloc(1000));
	int failed = 0;

	p[999] = 'x';
	errno = 0;
	failed |= keep(malloc(huge)) != NULL || errno != ENOMEM;
	errno = 0;
	failed |= realloc(p, huge) != NULL || errno != ENOMEM;
	failed |= p[999] != 'x';
	errno = 77;
	free(p);
	failed |= errno != 77;
	return failed;
}
