/*
 * The malloc family: an allocation of the plan is served, everything else is the next allocator's.
 *
 * A block that was served is known by its address, whoever gives it back.  What the plan did not foresee (a
 * size, an alignment, a buffer that is in use) goes to the next allocator, too, and is counted.
 */
#define PT_INTERPOSES
#include "enact/pools.h"
#include "enact/python.h"
#include "enact/sites.h"
#include "enact/start.h"
#include "base/real.h"

PT_INLINE void count_call(void)
{
	if (unlikely(python_wanted))
		python_poll();
	if (unlikely(me->busy))
		threads_join();
	me->tally->calls++;
}

/* The block, if the allocation is in the plan and can be served. */
PT_INLINE void *served(const struct frame_start *start, size_t n, size_t align, bool zero)
{
	uint32_t lane = sites_find(start);
	return unlikely(lane) && pools_serving ? pools_serve(lane, n, align, zero) : NULL;
}

PT_EXPORT_ANY_STACK PT_HOT void *malloc(size_t n)
{
	if (unlikely(!real.malloc_))
		enact_start();
	uint32_t lane = sites_find(FRAME_START_HERE());

	if (unlikely(lane) && pools_serving) {
		void *p = pools_serve_quickly(lane, n);
		if (!p)
			p = pools_serve(lane, n, 0, false);
		if (p)
			return p;
	}
	count_call();
	return real.malloc_(n);
}

PT_EXPORT_ANY_STACK PT_HOT void free(void *p)
{
	struct span *s = span_of(p);
	if (unlikely(s)) {
		if (!pools_free_quickly(s, p))
			pools_free(s, p);
		return;
	}

	if (unlikely(!p))
		return;
	if (unlikely(!real.free_))
		enact_start();
	count_call();
	real.free_(p);
}

PT_EXPORT_ANY_STACK PT_HOT void *calloc(size_t n, size_t size)
{
	size_t total;
	if (unlikely(!real.calloc_))
		enact_start();
	void *p = __builtin_mul_overflow(n, size, &total)
	                  ? NULL
	                  : served(FRAME_START_HERE(), total, 0, true);
	if (p)
		return p;
	count_call();
	return real.calloc_(n, size);
}

/* A served block grows beyond its room, and leaves its pool. */
static void *realloc_moves(struct span *s, void *old, size_t usable, size_t n)
{
	count_call();
	void *p = real.malloc_(n);
	if (!p)
		return NULL;
	pools_copy(p, old, usable);
	me->tally->moved++;
	pools_free(s, old);
	return p;
}

static void *realloc_served(struct span *s, void *old, size_t n)
{
	size_t usable = pools_usable(s, old);

	if (!n) {
		pools_free(s, old);
		return NULL;
	}
	if (n > usable)
		return realloc_moves(s, old, usable, n);
	me->tally->grown++;
	return old;
}

PT_INLINE void *realloc_any(const struct frame_start *start, void *old, size_t n)
{
	struct span *s = span_of(old);
	if (unlikely(!real.realloc_))
		enact_start();
	if (unlikely(s))
		return realloc_served(s, old, n);
	void *p = old ? NULL : served(start, n, 0, false);
	if (p)
		return p;
	count_call();
	return real.realloc_(old, n);
}

PT_EXPORT_ANY_STACK PT_HOT void *realloc(void *old, size_t n)
{
	return realloc_any(FRAME_START_HERE(), old, n);
}

PT_EXPORT_ANY_STACK void *reallocarray(void *old, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc_any(FRAME_START_HERE(), old, total);
}

/* ---- with an alignment ---- */

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

PT_EXPORT_ANY_STACK int posix_memalign(void **out, size_t align, size_t n)
{
	if (unlikely(!real.posix_memalign_))
		enact_start();
	void *p = is_power_of_two(align) && align >= sizeof(void *)
	                  ? served(FRAME_START_HERE(), n, align, false)
	                  : NULL;
	if (p) {
		*out = p;
		return 0;
	}
	count_call();
	return real.posix_memalign_(out, align, n);
}

PT_INLINE void *aligned(const struct frame_start *start, void *(*next)(size_t, size_t),
                        size_t align, size_t n)
{
	void *p = is_power_of_two(align) ? served(start, n, align, false) : NULL;
	if (p)
		return p;
	count_call();
	return next(align, n);
}

PT_EXPORT_ANY_STACK void *aligned_alloc(size_t align, size_t n)
{
	if (unlikely(!real.aligned_alloc_))
		enact_start();
	return aligned(FRAME_START_HERE(), real.aligned_alloc_, align, n);
}

PT_EXPORT_ANY_STACK void *memalign(size_t align, size_t n)
{
	if (unlikely(!real.memalign_))
		enact_start();
	return aligned(FRAME_START_HERE(), real.memalign_, align, n);
}

/* Whole pages are never served. */
PT_EXPORT_ANY_STACK void *valloc(size_t n)
{
	if (unlikely(!real.valloc_))
		enact_start();
	count_call();
	return real.valloc_(n);
}

PT_EXPORT_ANY_STACK void *pvalloc(size_t n)
{
	if (unlikely(!real.pvalloc_))
		enact_start();
	count_call();
	return real.pvalloc_(n);
}

/* ---- what else takes a block ---- */

PT_EXPORT_ANY_STACK size_t malloc_usable_size(void *p)
{
	const struct span *s = span_of(p);
	if (unlikely(!real.malloc_usable_size_))
		enact_start();
	if (s)
		return pools_usable(s, p);
	return real.malloc_usable_size_ ? real.malloc_usable_size_(p) : 0;
}

/* C23. */
PT_EXPORT_ANY_STACK void free_sized(void *p, size_t n)
{
	(void)n;
	free(p);
}

PT_EXPORT_ANY_STACK void free_aligned_sized(void *p, size_t align, size_t n)
{
	(void)align;
	(void)n;
	free(p);
}

/* The C library's other names of its functions. */
PT_EXPORT void __libc_free(void *p);
PT_EXPORT_ANY_STACK void __libc_free(void *p)
{
	free(p);
}

PT_EXPORT void *__libc_realloc(void *old, size_t n);
PT_EXPORT_ANY_STACK void *__libc_realloc(void *old, size_t n)
{
	return realloc_any(FRAME_START_HERE(), old, n);
}

PT_EXPORT int dlclose(void *handle)
{
	if (unlikely(!real.dlclose_))
		enact_start();
	int result = real.dlclose_ ? real.dlclose_(handle) : -1;
	sites_forget();
	return result;
}
