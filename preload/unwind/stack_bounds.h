/*
 * How far the stack that a stack pointer is on can be read: walks never read beyond.
 *
 * A thread's own stack, from its top down to where it has been seen, stays readable while the thread lives.
 * Any other stack (a coroutine's, an alternate signal stack, one switched to by hand) can change between two
 * events: the memory behind its last frame may belong to another thread, and be gone.  There a page is believed when it can
 * be read, and asked again at each event: a system call for each page behind the first.
 *
 * The C library is not asked: it takes locks.  The kernel's list of mappings is not asked: a guard page is as
 * good there as any.
 */
#ifndef PT_STACK_BOUNDS_H
#define PT_STACK_BOUNDS_H

#include "write/self.h"

/* End of the memory behind sp that can be read now; 0: there is none at sp. */
uint64_t stack_bounds_find(struct self *self, uint64_t sp);

/* The same with all up to `wanted` tried; `high`: what stack_bounds_end() gave. */
uint64_t stack_bounds_extend(const struct self *self, uint64_t high, uint64_t wanted);

/* Is everything from `from` to `to` readable, and no more than a stack's size? */
bool stack_bounds_contiguous(uint64_t from, uint64_t to);

/* Can the words from `from` to `to` be read now, if the page of `from` can? */
bool stack_bounds_readable(uint64_t from, uint64_t to);

/* Do both words lie in the thread's own stack, which stays? */
PT_INLINE bool stack_bounds_own(const struct self *self, uint64_t low, uint64_t high)
{
	return low >= self->stack_low && high < self->stack_high;
}

PT_INLINE uint64_t stack_bounds_end(struct self *self, uint64_t sp)
{
	if (likely(stack_bounds_own(self, sp, sp)))
		return self->stack_high;
	return stack_bounds_find(self, sp);
}

#endif
