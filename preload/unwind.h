/*
 * Stacks: from the registers of the interposed function's caller to a row of frame numbers.
 *
 * The walk is a loop over rules with a predicted next rule, so that a known frame costs one compare
 * and one dependent load: 2-3 ns a frame.  What a rule cannot express sends the whole stack to
 * libunwind.  Nothing is read beyond the known end of the stack the walk is on.
 */
#ifndef PT_UNWIND_H
#define PT_UNWIND_H

#include "self.h"

struct unwound {
	uint32_t *frames; /* room for PTF_MAX_FRAMES numbers, leaf first */
	uint32_t n;
	unsigned flags;   /* PTF_STACK_* */
	uint64_t hash;    /* of frames, with flags */
};

/* The complete stack, in self->frames; counts truncated ones. */
void unwind_take(struct self *self, const struct frame_start *start, struct unwound *out);

/* Its id. */
uint32_t unwind_stack(struct self *self, const struct frame_start *start);

/* The id of the stack that is the caller alone. */
uint32_t unwind_caller(struct self *self, const struct frame_start *start);

/* One stack by rules alone, for the comparison at start. */
void unwind_by_rules(struct self *self, const struct frame_start *start, struct unwound *out);

/* Place of the i-th frame: beyond PTF_MAX_FRAMES the middle is overwritten, see unwound_finish(). */
PT_INLINE uint32_t *unwound_at(struct unwound *u, uint32_t i)
{
	const uint32_t half = PTF_MAX_FRAMES / 2;
	return &u->frames[i < PTF_MAX_FRAMES ? i : half + (i - half) % half];
}

/* Appends a frame number. */
static inline void unwound_add(struct unwound *u, uint32_t frame)
{
	*unwound_at(u, u->n++) = frame;
}

/* Puts a stack that was cut back in order and computes its hash. */
void unwound_finish(struct unwound *u);

#endif
