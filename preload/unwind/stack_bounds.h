/*
 * How far the stack that a stack pointer is on can be read: walks never read beyond.
 *
 * Nobody is asked where a stack ends: not the C library, which knows nothing of coroutines and
 * alternate signal stacks, and not the kernel's list of mappings, in which a guard page is as good as
 * any.  A page is believed when it can be read, and a region of such pages is remembered.  It grows as
 * walks get on: a system call for each page, once.
 */
#ifndef PT_STACK_BOUNDS_H
#define PT_STACK_BOUNDS_H

#include "write/self.h"

/* End of the readable pages known behind sp; 0: there is no readable memory at sp. */
uint64_t stack_bounds_find(struct self *self, uint64_t sp);

/* The same for the region that stack_bounds_end() gave, with all up to `wanted` tried. */
uint64_t stack_bounds_extend(struct self *self, uint64_t wanted);

/* Is everything from `from` to `to` readable, and no more than a stack's size? */
bool stack_bounds_contiguous(uint64_t from, uint64_t to);

PT_INLINE uint64_t stack_bounds_end(struct self *self, uint64_t sp)
{
	if (likely(sp >= self->stack_low && sp < self->stack_high))
		return self->stack_high;
	return stack_bounds_find(self, sp);
}

#endif
