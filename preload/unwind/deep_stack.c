/* See deep_stack.h. */
#include "unwind/deep_stack.h"
#include "base/raw.h"
#include "unwind/stack_bounds.h"

#define OTHER_STACK_MOST \
	(8ull << 20) /* bytes between the words, on a stack that is not the thread's own */

/*
 * Is a frame below `sp` on the stack of the words, further from its root than they are, and can they be read?  A
 * thread's own stack is one piece.  Any other is known from the last walk to the words down to where that began.
 */
static bool deep_stack_is_below(const struct self *self, const struct deep_stack *d, uint64_t sp)
{
	if (sp - 8 >= d->low)
		return false;
	if (stack_bounds_own(self, sp, d->high))
		return true;
	return sp >= d->leaf_sp && d->high - d->low < OTHER_STACK_MOST && raw_readable(d->low) &&
	       stack_bounds_readable(d->low, d->high);
}

static bool deep_stack_holds(const struct deep_stack *d)
{
	for (uint32_t i = 0; i < DEEP_FRAMES; i++)
		if (unlikely(*(const uint64_t *)d->word[i].at != d->word[i].key))
			return false;
	return true;
}

bool deep_stack_take(struct self *self, uint64_t sp, struct unwound *out)
{
	struct deep_stack *d = &self->last_walks->deep;

	if (!d->events_left || !deep_stack_is_below(self, d, sp) || !deep_stack_holds(d)) {
		d->events_left = 0; /* the walk goes on, over the words */
		return false;
	}
	d->events_left--;
	memcpy(&out->frames[DEEP_FRAMES], d->frame, sizeof d->frame);
	out->n = PTF_MAX_FRAMES;
	out->flags = d->flags | PTF_STACK_CUT;
	return true;
}

/* The words are those of a whole walk over n frames, whose numbers are in out. */
static void deep_stack_keep(struct deep_stack *d, uint32_t n, uint32_t share,
                            const struct unwound *out)
{
	d->low = ~0ull;
	d->high = 0;
	for (uint32_t i = 0; i < DEEP_FRAMES; i++) {
		const struct deep_word *word = &d->word[i];
		if (word->key & RULE_EXACT)
			continue;
		d->low = pt_min(d->low, word->at);
		d->high = word->at > d->high ? word->at : d->high;
	}

	memcpy(d->frame, &out->frames[DEEP_FRAMES], sizeof d->frame);
	d->flags = out->flags & ~(unsigned)PTF_STACK_CUT;
	d->events_left = n / share;
}

void deep_stack_finish(struct self *self, uint64_t sp, uint32_t n, uint32_t share,
                       const struct unwound *out)
{
	bool is_deep = out->flags & PTF_STACK_CUT;

	if (!self->last_walks)
		return;
	self->last_walks->fresh.room = is_deep ? 0 : PTF_MAX_FRAMES;
	if (!is_deep)
		return;
	if (n > PTF_MAX_FRAMES)
		deep_stack_keep(&self->last_walks->deep, n, share, out);
	self->last_walks->deep.leaf_sp = sp;
}
