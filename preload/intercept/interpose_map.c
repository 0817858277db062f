/*
 * mmap(), munmap(), mremap() and brk(): memory asked from the system.  "Reserved", never counted as heap.
 *
 * What the allocator in force maps (found by its caller's address) is its backing store.  glibc's own
 * malloc maps without passing here; jemalloc, tcmalloc, mimalloc and CPython do not.
 */
#define PT_INTERPOSES
#include "base/arena.h"
#include "hook.h"
#include "lifecycle/lifecycle.h"
#include "base/real.h"
#include "base/raw.h"

#include <stdarg.h>

/* PTF_REGION_BACKING_x - PTF_REGION_x */
#define BACKING (PTF_REGION_BACKING_MMAP - PTF_REGION_MMAP)

/* Asked by an allocator for itself? */
static bool region_is_backing(const struct frame_start *start)
{
	const struct self *self = self_tls;
	return (self && self_in_allocator(self)) || real_is_allocator(start->ip);
}

static void region_recorded(const struct frame_start *start, enum ptf_region plain,
                            struct hook_region r)
{
	r.region = (uint8_t)(plain + (region_is_backing(start) ? BACKING : 0));
	hook_region(start, &r);
}

static void mmap_recorded(const struct frame_start *start, void *p, size_t n, int flags)
{
	if (p != MAP_FAILED && (flags & MAP_ANONYMOUS))
		region_recorded(start, PTF_REGION_MMAP,
		                (struct hook_region){.address = (uint64_t)p, .size_bytes = n});
}

static void *mmap_raw(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	long r = raw_call(SYS_mmap, (long)at, (long)n, prot, flags, fd, offset);
	if (!raw_failed(r))
		return (void *)r;
	errno = (int)-r;
	return MAP_FAILED;
}

PT_EXPORT_ANY_STACK void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	void *p = real.mmap_ ? real.mmap_(at, n, prot, flags, fd, offset)
	                     : mmap_raw(at, n, prot, flags, fd, offset);
	mmap_recorded(FRAME_START_HERE(), p, n, flags);
	return p;
}

PT_EXPORT_ANY_STACK void *mmap64(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	void *p = real.mmap64_ ? real.mmap64_(at, n, prot, flags, fd, offset)
	                       : mmap_raw(at, n, prot, flags, fd, offset);
	mmap_recorded(FRAME_START_HERE(), p, n, flags);
	return p;
}

PT_EXPORT_ANY_STACK int munmap(void *p, size_t n)
{
	region_recorded(FRAME_START_HERE(), PTF_REGION_MUNMAP,
	                (struct hook_region){.address = (uint64_t)p, .size_bytes = n});
	if (real.munmap_)
		return real.munmap_(p, n);
	long r = raw_call(SYS_munmap, (long)p, (long)n, 0, 0, 0, 0);
	if (!raw_failed(r))
		return 0;
	errno = (int)-r;
	return -1;
}

PT_EXPORT_ANY_STACK void *mremap(void *old, size_t old_n, size_t n, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	void *at = flags & MREMAP_FIXED ? va_arg(args, void *) : NULL;
	va_end(args);
	if (!real.mremap_)
		lifecycle_start();
	void *p = flags & MREMAP_FIXED ? real.mremap_(old, old_n, n, flags, at)
	                               : real.mremap_(old, old_n, n, flags);
	if (p != MAP_FAILED)
		region_recorded(FRAME_START_HERE(), PTF_REGION_MREMAP,
		                (struct hook_region){.address = (uint64_t)p,
		                                     .size_bytes = n,
		                                     .old_address = (uint64_t)old,
		                                     .old_size_bytes = old_n});

	return p;
}
