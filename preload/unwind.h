/*
 * Stacks: from the registers of the interposed function's caller to a row of frame numbers.
 *
 * The walk is a loop over rules with a predicted next rule, so that a known frame costs one compare
 * and one dependent load: 2-3 ns a frame.  What a rule cannot express sends the whole stack to
 * libunwind.  Nothing is read beyond the known end of the stack the walk is on.
 */
#ifndef PT_UNWIND_H
#define PT_UNWIND_H

#include "rules.h"
#include "self.h"
#include "stacktab.h"

struct unwound {
	uint32_t *frames; /* room for PTF_MAX_FRAMES numbers, leaf first */
	uint32_t n;       /* beyond PTF_MAX_FRAMES until unwound_finish() */
	unsigned flags;   /* PTF_STACK_* */
	uint64_t hash;    /* of frames, with flags */
};

/* The complete stack, in self->frames; counts truncated ones. */
void unwind_take(struct self *self, const struct frame_start *start, struct unwound *out);

/* Its id. */
uint32_t unwind_stack(struct self *self, const struct frame_start *start);

/* Finds or makes the rule of a frame; 0: not possible now. */
uint32_t unwind_learn(struct self *self, uint64_t key);

/* The rule of the first frame, the interposed function's caller: one of a few recent ones. */
PT_INLINE uint32_t unwind_leaf(struct self *self, uint64_t key)
{
	uint32_t *known = &self->leaf[(key ^ key >> 5) % SELF_LEAVES];
	if (unlikely(rules[*known].key != key))
		*known = unwind_learn(self, key);
	return *known;
}

/* The id of the stack that is the caller alone. */
PT_INLINE uint32_t unwind_caller(struct self *self, uint64_t ip)
{
	uint32_t number = unwind_leaf(self, ip);
	return likely(number) ? rules_caller_stack(number) : 0;
}

/* One stack by rules alone, for the comparison at start.  out->frames points into self. */
void unwind_by_rules(struct self *self, const struct frame_start *start, struct unwound *out);

/* Where frame n goes: beyond PTF_MAX_FRAMES the middle is overwritten, see unwound_finish(). */
PT_INLINE uint32_t unwound_slot(uint32_t n)
{
	const uint32_t half = PTF_MAX_FRAMES / 2;
	return likely(n < PTF_MAX_FRAMES) ? n : half + (n - half) % half;
}

PT_INLINE uint32_t *unwound_at(struct unwound *u, uint32_t i)
{
	return &u->frames[unwound_slot(i)];
}

/* Appends a frame number. */
PT_INLINE void unwound_add(struct unwound *u, uint32_t frame)
{
	*unwound_at(u, u->n++) = frame;
}

/* Puts a stack that was cut back in order. */
void unwound_unroll(struct unwound *u);

/* The end of a walk: order and hash. */
PT_INLINE void unwound_finish(struct unwound *u)
{
	if (unlikely(u->n > PTF_MAX_FRAMES))
		unwound_unroll(u);
	u->hash = stack_hash_end(u->hash, u->flags);
}

#endif
