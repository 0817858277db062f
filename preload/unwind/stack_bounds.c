/*
 * See stack_bounds.h.
 */
#include "stack_bounds.h"
#include "base/raw.h"

#define PAGE 4096ull
#define OWN_STACK_MOST \
	(8ull << 20) /* deeper at a look: taken for another stack, until the next one */
#define STACK_BYTES_MOST (1ull << 28)

static uint64_t stack_bounds_page(uint64_t address)
{
	return address & ~(PAGE - 1);
}

/* End of the readable pages from `from` on, at most `to`. */
static uint64_t stack_bounds_try(uint64_t from, uint64_t to)
{
	while (from < to && raw_readable(from))
		from += PAGE;
	return from;
}

bool stack_bounds_contiguous(uint64_t from, uint64_t to)
{
	from = stack_bounds_page(from);
	return to >= from && to - from < STACK_BYTES_MOST && stack_bounds_try(from, to) >= to;
}

bool stack_bounds_readable(uint64_t from, uint64_t to)
{
	enum { POPULATE_READ = 22 }; /* Linux 5.14: tries all pages at once */
	uint64_t next = stack_bounds_page(from) + PAGE, end = stack_bounds_page(to) + PAGE;
	if (end > next + PAGE) {
		long r = raw_call(SYS_madvise, (long)next, (long)(end - next), POPULATE_READ, 0, 0,
		                  0);
		if (r != -EINVAL)
			return r == 0;
	}
	return stack_bounds_try(next, end) >= end;
}

/* The loader's. */
extern void *__libc_stack_end __attribute__((visibility("default")));

/*
 * The end of the thread's stack, if sp can be on that; 0: it cannot.  The first thread's ends where the kernel
 * has put the arguments, another thread's where the C library has put its description.
 */
static uint64_t stack_bounds_top(uint64_t sp)
{
	uint64_t first = (uint64_t)__libc_stack_end, other = (uint64_t)__builtin_thread_pointer();
	if (sp < first && first - sp < OWN_STACK_MOST)
		return first;
	return sp < other && other - sp < OWN_STACK_MOST ? other : 0;
}

/* Is sp on the thread's own stack, further down than was known? */
static bool stack_bounds_grow(struct self *self, uint64_t sp)
{
	uint64_t page = stack_bounds_page(sp);
	uint64_t top = self->stack_high ? self->stack_high : stack_bounds_top(sp);
	uint64_t known = self->stack_high ? self->stack_low : top;
	if (page >= known || known - page >= OWN_STACK_MOST ||
	    !stack_bounds_contiguous(page, known))
		return false;
	self->stack_low = page;
	self->stack_high = top;
	return true;
}

uint64_t stack_bounds_find(struct self *self, uint64_t sp)
{
	uint64_t page = stack_bounds_page(sp);
	if (stack_bounds_grow(self, sp))
		return self->stack_high;
	return raw_readable(page) ? page + PAGE : 0;
}

uint64_t stack_bounds_extend(const struct self *self, uint64_t high, uint64_t wanted)
{
	if (high == self->stack_high || wanted <= high || wanted - high >= STACK_BYTES_MOST)
		return high;
	uint64_t end = stack_bounds_page(wanted - 1) + PAGE;
	return stack_bounds_readable(high - 1, wanted - 1) ? end : stack_bounds_try(high, wanted);
}
