/*
 * See stack_bounds.h.
 */
#include "stack_bounds.h"
#include "base/raw.h"

#define PAGE 4096ull
#define GROWTH_PAGES_MOST \
	64u /* a stack pointer this far below what is known is on the same stack */
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

uint64_t stack_bounds_find(struct self *self, uint64_t sp)
{
	uint64_t page = stack_bounds_page(sp);
	uint64_t low = self->stack_low;
	bool grows = page < low && low - page <= GROWTH_PAGES_MOST * PAGE &&
	             stack_bounds_contiguous(page, low);
	if (!grows) {
		if (!raw_readable(page))
			return 0;
		self->stack_high = page + PAGE;
	}
	self->stack_low = page;
	return self->stack_high;
}

uint64_t stack_bounds_extend(struct self *self, uint64_t wanted)
{
	if (wanted > self->stack_high && wanted - self->stack_high < STACK_BYTES_MOST)
		self->stack_high = stack_bounds_try(self->stack_high, wanted);
	return self->stack_high;
}
