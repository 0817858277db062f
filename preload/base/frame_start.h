/* Where a walk up the stack begins. */
#ifndef PT_FRAME_START_H
#define PT_FRAME_START_H

#include "base/pt.h"

/* Registers of the interposed function's caller, from which a walk starts: what that function's frame
 * pointer points to. */
struct frame_start {
	uint64_t bp; /* the caller's */
	uint64_t ip; /* return address into the caller */
};

/* The caller's, after the return. */
PT_INLINE uint64_t frame_start_sp(const struct frame_start *start)
{
	return (uint64_t)(start + 1);
}

/* The caller of the function this is used in.  Needs a frame pointer there. */
#define FRAME_START_HERE() ((const struct frame_start *)__builtin_frame_address(0))

#endif
