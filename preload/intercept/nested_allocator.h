/*
 * An allocator behind ours may call malloc() and free() itself: calloc() by malloc() and memset(),
 * realloc() by malloc(), memcpy() and free(), operator new by malloc().  Those calls come by here again,
 * and are no events of their own.
 */
#ifndef PT_NESTED_H
#define PT_NESTED_H

#include "base/real.h"
#include "write/self.h"

/* Around each call of such an allocator; `frame`: __builtin_frame_address(0). */
PT_INLINE struct self *nested_begin(const void *frame)
{
	return guard_enter_as(frame, SELF_IN_NEXT);
}

PT_INLINE void nested_end(struct self *self)
{
	if (likely(self))
		guard_leave(self);
}

/* Puts functions that do so in place of those in `real` that are not the C library's, which calls nobody. */
void nested_wrap(void);

#endif
