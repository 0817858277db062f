/*
 * Where the stack that a stack pointer is on ends: walks never read beyond.
 *
 * The main thread's ends at __libc_stack_end; another thread's below its control block, which the C
 * library keeps at the top of the stack; for the rest (coroutines, alternate signal stacks) the
 * kernel's list of mappings is asked.  The last answer is kept.
 */
#ifndef PT_STACKBOUNDS_H
#define PT_STACKBOUNDS_H

#include "self.h"

/* First address behind the stack that holds sp; 0: there is no readable memory. */
uint64_t stackbounds_find(struct self *self, uint64_t sp);

PT_INLINE uint64_t stackbounds_end(struct self *self, uint64_t sp)
{
	if (likely(sp >= self->stack_low && sp < self->stack_high))
		return self->stack_high;
	return stackbounds_find(self, sp);
}

#endif
