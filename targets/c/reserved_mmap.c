/*
 * Maps, grows, unmaps anonymous memory by itself: reserved, not live; beside one ordinary block.
 *
 * expect: total allocs=1 live_bytes=500 peak_live_bytes=500
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "target.h"

int main(void)
{
	size_t mib = 1 << 20;
	char *a = mmap(NULL, 4 * mib, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *b = mmap(NULL, mib, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(a, 1, mib);
	a = mremap(a, 4 * mib, 8 * mib, MREMAP_MAYMOVE);
	if (a == MAP_FAILED || b == MAP_FAILED || a[100] != 1)
		return 1;
	keep(malloc(500));
	munmap(b, mib);
	munmap(a + 4 * mib, 4 * mib);
	return 0;
}
