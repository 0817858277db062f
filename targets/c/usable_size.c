/*
 * malloc_usable_size: what glibc says is at least what was asked, all of it may be written, and the trace
 * counts requested bytes.
 *
 * expect: total allocs=64 frees=64 allocated_bytes=8096 live_bytes=0
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "target.h"

int main(void)
{
	int failed = malloc_usable_size(NULL) != 0;

	for (size_t i = 0; i < 64; i++) {
		char *p = keep(malloc(i * 4 + 1 - i % 2));
		size_t usable = malloc_usable_size(p);
		failed |= usable < i * 4 + 1 - i % 2;
		memset(p, 0xa5, usable);
		free(keep(p));
	}
	return failed;
}
