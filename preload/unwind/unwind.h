/*
 * Stacks: from the registers of the interposed function's caller to a row of frame numbers.
 *
 * Four ways, each for what the one before cannot do: the stack that was here before (stack_cache.h); by the
 * chain of the last stack (incremental_unwind.h); frame by frame, by rules; with all registers (cfi_unwind.h).  Nothing is
 * read beyond the known end of the stack that the walk is on.
 */
#ifndef PT_UNWIND_H
#define PT_UNWIND_H

#include "stack_cache.h"
#include "unwind_rules.h"
#include "write/self.h"
#include "stack_table.h"

struct unwound {
	uint32_t *frames; /* room for PTF_MAX_FRAMES numbers, leaf first */
	uint32_t n;       /* beyond PTF_MAX_FRAMES until unwound_finish() */
	unsigned flags;   /* PTF_STACK_* */
	uint64_t hash;    /* of frames, with flags */
};

/* The complete stack, in self->frames; counts truncated ones. */
void unwind_take(struct self *self, const struct frame_start *start, struct unwound *out);

/* The hash of a stack that is not at hand. */
uint64_t unwind_hash_slow(struct self *self, const struct frame_start *start);

/* The id of a stack that is not at hand. */
uint32_t unwind_stack_slow(struct self *self, const struct frame_start *start);

/* The id of the stack of a release: these come from other places than allocations. */
uint32_t unwind_free_stack(struct self *self, const struct frame_start *start);

/* Makes the rule of a frame; 0: not possible now. */
uint64_t unwind_learn(struct self *self, uint64_t key);

/* The frame's rule, see unwind_rules_find(). */
PT_INLINE uint64_t unwind_rule(struct self *self, uint64_t key)
{
	uint64_t rule = unwind_rules_find(key);
	return likely(rule) ? rule : unwind_learn(self, key);
}

/* Forgets what is remembered of code that may be gone. */
void unwind_forget(struct self *self);

PT_INLINE void unwind_refresh(struct self *self)
{
	if (unlikely(self->unwind_rules_generation !=
	             __atomic_load_n(&unwind_rules_generation, __ATOMIC_ACQUIRE)))
		unwind_forget(self);
}

/* The stack, if it is at hand; NULL: it is not. */
PT_INLINE const struct stack_cache_entry *unwind_at_hand(struct self *self,
                                                         const struct frame_start *start)
{
	struct stack_cache *m = self->last_walks ? &self->last_walks->stack_cache : NULL;
	uint64_t ip = start->ip, sp = frame_start_sp(start);
	return likely(m) ? stack_cache_find(m, stack_cache_entry(m, ip, sp), ip, sp, start->bp)
	                 : NULL;
}

/* The id of the stack. */
PT_INLINE uint32_t unwind_stack(struct self *self, const struct frame_start *start)
{
	const struct stack_cache_entry *found = unwind_at_hand(self, start);
	return likely(found && found->stack) ? found->stack : unwind_stack_slow(self, start);
}

/* Its hash alone, without frames, 0: only unwind_take() can tell.  Such a stack is complete. */
PT_INLINE uint64_t unwind_hash(struct self *self, const struct frame_start *start)
{
	const struct stack_cache_entry *found = unwind_at_hand(self, start);
	return likely(found) ? found->hash : unwind_hash_slow(self, start);
}

uint32_t unwind_define_caller(struct self *self, struct caller_stack *known, uint64_t ip);

/* The id of the stack that is the caller alone. */
PT_INLINE uint32_t unwind_caller(struct self *self, uint64_t ip)
{
	struct caller_stack *known = &self->callers[ip % SELF_CALLERS];
	return likely(known->ip == ip) ? known->stack : unwind_define_caller(self, known, ip);
}

/* One stack by rules alone, for the comparison at start.  out->frames points into self. */
void unwind_by_rules(struct self *self, const struct frame_start *start, struct unwound *out);

/* Where frame n goes: beyond PTF_MAX_FRAMES the middle is overwritten, see unwound_finish(). */
PT_INLINE uint32_t unwound_slot(uint32_t n)
{
	const uint32_t half = DEEP_FRAMES;
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
