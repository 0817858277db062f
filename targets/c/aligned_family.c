/*
 * One block of each aligned entry point, with the alignment that was asked for.
 *
 * expect: total allocs=6 frees=6 allocated_bytes=5604 live_bytes=0
 * expect: site function=by_posix_memalign allocs=1 bytes=100
 * expect: site function=by_aligned_alloc allocs=1 bytes=256
 * expect: site function=by_memalign allocs=1 bytes=152
 * expect: site function=by_valloc allocs=1 bytes=1000
 * expect: site function=by_pvalloc allocs=1
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include "target.h"

static int failed;

static NOINLINE void *check(void *p, size_t alignment)
{
	failed |= !p || (uintptr_t)p % alignment != 0;
	return p;
}

static NOINLINE void *by_posix_memalign(void)
{
	void *p = NULL;
	failed |= posix_memalign(&p, 64, 100);
	failed |= posix_memalign(&(void *){0}, 3, 100) == 0; /* not a power of two: refused */
	return check(p, 64);
}

static NOINLINE void *by_aligned_alloc(void)
{
	return check(aligned_alloc(128, 256), 128);
}

static NOINLINE void *by_memalign(void)
{
	return check(memalign(4096, 152), 4096);
}

static NOINLINE void *by_valloc(void)
{
	return check(valloc(1000), 4096);
}

static NOINLINE void *by_pvalloc(void)
{
	return check(pvalloc(4000), 4096);
}

static NOINLINE void *by_malloc(void)
{
	return check(malloc(96), 16);
}

int main(void)
{
	void *p[] = {by_posix_memalign(), by_aligned_alloc(), by_memalign(),
	             by_valloc(), by_pvalloc(), by_malloc()};

	keep(p);
	for (size_t i = 0; i < sizeof(p) / sizeof(*p); i++)
		free(p[i]);
	return failed;
}
