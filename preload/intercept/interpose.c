/*
 * The malloc family: each body is the real call and one hook call.
 *
 * Order: allocate, record after; free, record before; realloc: retire the old address before the
 * call, announce the new one after it, undo by record if it failed.  Otherwise another thread could be
 * handed the old address and log it first.
 *
 * The real functions are NULL before the first call and while the loader works for us: one test
 * serves both, its slow side is early_*() at the end.
 */
#define PT_INTERPOSES
#include "base/arena.h"
#include "hook_inline.h"
#include "lifecycle/lifecycle.h"
#include "base/real.h"

static void *early_alloc(size_t n, size_t align, bool zero);
static void *early_realloc(void *p, size_t n);

#define WHAT(op, align) ptc_what(op, PTF_DOMAIN_C, align)

PT_INLINE uint8_t align_log2(size_t align)
{
	return align ? (uint8_t)__builtin_ctzl(align) : 0;
}

/* Records what the real function returned. */
PT_INLINE void *recorded(const struct frame_start *start, void *p, size_t n, hook_what what)
{
	if (likely(p))
		hook_alloc(start, p, n, what);
	else
		hook_failed();
	return p;
}

PT_EXPORT_ANY_STACK PT_HOT void *malloc(size_t n)
{
	if (unlikely(!real.malloc_))
		return early_alloc(n, 0, false);
	void *p = real.malloc_(n);
	if (likely(p))
		hook_alloc_inline(FRAME_START_HERE(), p, n, WHAT(PTF_OP_MALLOC, 0));
	else
		hook_failed();
	return p;
}

PT_EXPORT_ANY_STACK PT_HOT void free(void *p)
{
	if (unlikely(!p) || boot_owns(p))
		return;
	if (unlikely(!real.free_))
		lifecycle_start();
	__builtin_prefetch((const char *)p -
	                   16); /* the allocator's header, which it will ask for */
	hook_free_inline(FRAME_START_HERE(), p, WHAT(PTF_OP_FREE, 0));
	real.free_(p);
}

PT_EXPORT_ANY_STACK PT_HOT void *calloc(size_t n, size_t size)
{
	size_t total;
	if (unlikely(!real.calloc_))
		return __builtin_mul_overflow(n, size, &total) ? NULL : early_alloc(total, 0, true);
	return recorded(FRAME_START_HERE(), real.calloc_(n, size), n * size,
	                WHAT(PTF_OP_CALLOC, 0));
}

/* A block of the boot arena moves to the heap at its first realloc. */
static void *realloc_boot(void *old, size_t n)
{
	void *p = malloc(n);
	if (p)
		memcpy(p, old, pt_min(n, boot_size(old)));
	return p;
}

PT_INLINE void *realloc_recorded(const struct frame_start *start, void *old, size_t n)
{
	if (!old)
		return recorded(start, real.realloc_(NULL, n), n, WHAT(PTF_OP_MALLOC, 0));
	bool begun = hook_realloc_begin(start, old, PTF_DOMAIN_C);
	void *p = real.realloc_(old, n);
	if (likely(begun))
		hook_realloc_end(start, p, n, PTF_DOMAIN_C);
	return p;
}

PT_EXPORT_ANY_STACK PT_HOT void *realloc(void *old, size_t n)
{
	if (unlikely(!real.realloc_))
		return early_realloc(old, n);
	if (boot_owns(old))
		return realloc_boot(old, n);
	return realloc_recorded(FRAME_START_HERE(), old, n);
}

PT_EXPORT_ANY_STACK void *reallocarray(void *old, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total)) {
		hook_failed();
		errno = ENOMEM;
		return NULL;
	}
	if (unlikely(!real.realloc_))
		return early_realloc(old, total);
	if (boot_owns(old))
		return realloc_boot(old, total);
	return realloc_recorded(FRAME_START_HERE(), old, total);
}

PT_EXPORT_ANY_STACK int posix_memalign(void **out, size_t align, size_t n)
{
	if (unlikely(!real.posix_memalign_)) {
		*out = early_alloc(n, align, false);
		return *out ? 0 : ENOMEM;
	}
	int result = real.posix_memalign_(out, align, n);
	if (result == 0)
		hook_alloc(FRAME_START_HERE(), *out, n, WHAT(PTF_OP_ALIGNED, align_log2(align)));
	else
		hook_failed();
	return result;
}

PT_EXPORT_ANY_STACK void *aligned_alloc(size_t align, size_t n)
{
	if (unlikely(!real.aligned_alloc_))
		return early_alloc(n, align, false);
	return recorded(FRAME_START_HERE(), real.aligned_alloc_(align, n), n,
	                WHAT(PTF_OP_ALIGNED, align_log2(align)));
}

PT_EXPORT_ANY_STACK void *memalign(size_t align, size_t n)
{
	if (unlikely(!real.memalign_))
		return early_alloc(n, align, false);
	return recorded(FRAME_START_HERE(), real.memalign_(align, n), n,
	                WHAT(PTF_OP_ALIGNED, align_log2(align)));
}

PT_EXPORT_ANY_STACK void *valloc(size_t n)
{
	if (unlikely(!real.valloc_))
		return early_alloc(n, 4096, false);
	return recorded(FRAME_START_HERE(), real.valloc_(n), n, WHAT(PTF_OP_ALIGNED, 12));
}

PT_EXPORT_ANY_STACK void *pvalloc(size_t n)
{
	if (unlikely(!real.pvalloc_))
		return early_alloc((n + 4095) & ~4095ul, 4096, false);
	return recorded(FRAME_START_HERE(), real.pvalloc_(n), n, WHAT(PTF_OP_ALIGNED, 12));
}

PT_EXPORT_ANY_STACK size_t malloc_usable_size(void *p)
{
	if (boot_owns(p))
		return boot_size(p);
	if (unlikely(!real.malloc_usable_size_))
		lifecycle_start();
	return real.malloc_usable_size_ ? real.malloc_usable_size_(p) : 0;
}

/* C23; where the next allocator has no such function, free() is one. */
PT_EXPORT_ANY_STACK void free_sized(void *p, size_t n)
{
	if (unlikely(!p) || boot_owns(p))
		return;
	if (unlikely(!real.free_))
		lifecycle_start();
	hook_free(FRAME_START_HERE(), p, WHAT(PTF_OP_FREE, 0));
	if (real.free_sized_)
		real.free_sized_(p, n);
	else
		real.free_(p);
}

PT_EXPORT_ANY_STACK void free_aligned_sized(void *p, size_t align, size_t n)
{
	if (unlikely(!p) || boot_owns(p))
		return;
	if (unlikely(!real.free_))
		lifecycle_start();
	hook_free(FRAME_START_HERE(), p, WHAT(PTF_OP_FREE, 0));
	if (real.free_aligned_sized_)
		real.free_aligned_sized_(p, align, n);
	else
		real.free_(p);
}

/* ---- before the real functions are known, and while the loader allocates on our behalf ---- */

static PT_COLD void *early_alloc(size_t n, size_t align, bool zero)
{
	lifecycle_start();
	if (lifecycle_booting()) {
		void *p = boot_alloc(n, align);
		if (!p)
			errno = ENOMEM;
		return p; /* zeroed: the arena is never reused */
	}

	const struct real *r = lifecycle_real();
	void *p = align ? r->memalign_(align, n) : zero ? r->calloc_(1, n) : r->malloc_(n);
	return recorded(FRAME_START_HERE(), p, n,
	                WHAT(align  ? PTF_OP_ALIGNED
	                     : zero ? PTF_OP_CALLOC
	                            : PTF_OP_MALLOC,
	                     align_log2(align)));
}

static PT_COLD void *early_realloc(void *old, size_t n)
{
	lifecycle_start();
	if (!lifecycle_booting() && !boot_owns(old))
		return lifecycle_real()->realloc_(old, n);
	void *p = lifecycle_booting() ? boot_alloc(n, 0) : lifecycle_real()->malloc_(n);
	if (p && old)
		memcpy(p, old, boot_owns(old) ? pt_min(n, boot_size(old)) : n);
	return p;
}
