/*
 * The root end of a stack that is deeper than a trace keeps.
 *
 * Of a stack of more than PTF_MAX_FRAMES frames both ends are recorded.  To walk it as a whole for each event would
 * make a recursion that allocates at each level quadratic.  So the root end of a thread's last whole walk is kept,
 * as the words that named its frames.  A walk that has the leaf end asks whether these words still hold, and takes
 * the frames that they stand for instead of going on.
 *
 * The frames in between are not looked at.  A whole walk is due after as many events as spread its cost to that of
 * DEEP_FRAMES_AN_EVENT frames each; until then the root end can be that of an earlier stack, if the thread has left
 * that stack without overwriting its words.
 *
 * Cost: 0.5 us an event for the words, 0.2 us for its share of the whole walks.
 */
#ifndef PT_DEEP_STACK_H
#define PT_DEEP_STACK_H

#include "unwind/unwind.h"

/* Frames that a walk by rules, and one with all registers, may spend on an event beyond the leaf end. */
#define DEEP_FRAMES_AN_EVENT 32u
#define DEEP_FRAMES_AN_EVENT_REGISTERS 4u

/* The next frame to be added, `key`, is the one beyond the leaf end: its return address is below `sp`.  True: the rest
 * of the stack is known and has been added. */
bool deep_stack_take(struct self *self, uint64_t sp, struct unwound *out);

/* Keeps the word of a frame beyond the leaf end. */
PT_INLINE void deep_stack_note(struct deep_stack *d, uint32_t n, uint64_t sp, uint64_t key)
{
	struct deep_word *word = &d->word[(n - DEEP_FRAMES) % DEEP_FRAMES];
	word->at = unlikely(key & RULE_EXACT) ? (uint64_t)&word->key
	                                      : sp - 8; /* no word has a pc */
	word->key = key;
}

/* Before a frame is added.  True: it is not to be, the stack is complete. */
PT_INLINE bool deep_stack_reach(struct self *self, uint64_t sp, uint64_t key, struct unwound *out)
{
	if (likely(out->n < DEEP_FRAMES) || unlikely(!self->last_walks))
		return false;
	if (out->n == DEEP_FRAMES && deep_stack_take(self, sp, out))
		return true;
	deep_stack_note(&self->last_walks->deep, out->n, sp, key);
	return false;
}

/* A walk is finished that began at `sp` and has seen n frames, each at the cost of `share` of an event's.  Also tells
 * the thread's last walks (incremental_unwind.h) whether they have a chance with the next stack. */
void deep_stack_finish(struct self *self, uint64_t sp, uint32_t n, uint32_t share,
                       const struct unwound *out);

#endif
