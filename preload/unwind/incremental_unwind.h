/*
 * The last walk of a thread, kept as the words that it read: unwinding is a function of the registers
 * it starts from, the words it reads and the unwind tables; as long as these are the same, so is the
 * stack.
 *
 * Most of a stack is the same as at the thread's last event.  So a stack is taken by walking from the
 * leaf until a remembered frame is met (last_walk_mend), and from there by comparing words alone, 0.5 ns a
 * frame.  A return address that changed into another one with the same rule (another call in the same
 * function) is exchanged where it is.  Words are read from the leaf to the root and reading stops at
 * the first that changes the way on: nothing is read that a walk from scratch would not read.
 *
 * Links are kept root first, so that the common part stays in place when the leaf end changes.
 */
#ifndef PT_INCREMENTAL_UNWIND_H
#define PT_INCREMENTAL_UNWIND_H

#include "stack_cache.h"
#include "unwind_rules.h"
#include "write/self.h"
#include "stack_bounds.h"
#include "stack_table.h"
#include "walk.h"

PT_INLINE void last_walk_forget(struct last_walk *c)
{
	c->n = 0;
	c->hash = 0;
	c->uses_bp = false;
}

/* Forgets all of a thread. */
PT_INLINE void last_walks_forget(struct self *self)
{
	if (self->last_walks) {
		stack_cache_forget(&self->last_walks->stack_cache);
		last_walk_forget(&self->last_walks->allocs);
		last_walk_forget(&self->last_walks->releases);
		self->last_walks->deep.events_left = 0;
	}
}

/* Where the frame of link i ends: its caller's return address is below. */
PT_INLINE uint64_t link_cfa(const struct last_walk *c, uint32_t i)
{
	return c->link[i - 1].at + 8;
}

/* Where the frame before link i has saved the bp of link i; 0: it has not. */
PT_INLINE uint64_t link_bp_saved_at(const struct last_walk *c, uint32_t i)
{
	uint64_t slot = rule_bp_slot(rule_ref_code(c->link[i + 1].rule));
	return slot ? link_cfa(c, i + 1) - 8 * slot : 0;
}

/* Link i with another return address, if that changes nothing else. */
PT_INLINE bool last_walk_exchange(struct last_walk *c, uint32_t i, uint64_t key)
{
	struct link *l = &c->link[i];
	uint64_t known = unwind_rules_find(key);
	if (!known || rule_ref_code(known) != rule_ref_code(l->rule) || l->key == key)
		return false;
	c->hash += stack_hash_part(i, rule_ref_number(known)) -
	           stack_hash_part(i, rule_ref_number(l->rule));
	l->key = key;
	l->rule = known;
	return true;
}

/* True if bp at link i is unchanged, or does not matter, or was not saved by the frame behind it. */
PT_INLINE bool last_walk_bp_holds(const struct last_walk *c, uint32_t i)
{
	uint64_t bp = c->link[i].bp, saved_at = bp ? link_bp_saved_at(c, i) : 0;
	return !saved_at || *(const uint64_t *)saved_at == bp;
}

/* Are the words below link `top`, which holds, what they were?  0: yes, else the number of links up to
 * the first one that is not. */
uint32_t last_walk_verify_bp(const struct last_walk *c, uint32_t top);

PT_INLINE uint32_t last_walk_verify(const struct last_walk *c, uint32_t top)
{
	if (unlikely(c->uses_bp))
		return last_walk_verify_bp(c, top);
	for (const struct link *l = &c->link[top]; l != c->link; l--)
		if (unlikely(*(const uint64_t *)l[-1].at != l[-1].key))
			return (uint32_t)(l - c->link);
	return 0;
}

PT_INLINE bool last_walk_starts_at(const struct last_walk *c, uint64_t ip, uint64_t sp, uint64_t bp)
{
	if (unlikely(!c->n))
		return false;
	const struct link *leaf = &c->link[c->n - 1];
	return leaf->at == sp - 8 && leaf->key == ip && (!leaf->bp || leaf->bp == bp);
}

/* Are link `top` and all that are further up in the thread's own stack, or in one page with it?  Then their words
 * can be read at any later event that finds the stack pointer there. */
PT_INLINE bool last_walk_stays_readable(const struct self *self, const struct last_walk *c,
                                        uint32_t top)
{
	uint64_t low = c->link[top].at, high = c->link[0].at;
	return likely(stack_bounds_own(self, low, high)) || !((low ^ high) >> 12);
}

PT_INLINE bool last_walk_lasts(const struct self *self, const struct last_walk *c)
{
	return last_walk_stays_readable(self, c, c->n - 1);
}

/* Can their words be read now? */
PT_INLINE bool last_walk_is_readable(const struct self *self, const struct last_walk *c,
                                     uint32_t top)
{
	return likely(last_walk_stays_readable(self, c, top)) ||
	       stack_bounds_readable(c->link[top].at, c->link[0].at);
}

#define LAST_WALK_LOST (~0u)

/* The chain is that of the stack at `w` only behind its first `broken` links; 0: not even its leaf is.  Walks
 * until it is met again or the root is reached.  How many of its links are then still to be verified, or
 * LAST_WALK_LOST: the stack has frames that a chain cannot have. */
uint32_t last_walk_rejoin(struct self *self, struct last_walk *c, struct walk *w, uint32_t broken);

/*
 * The slow side of last_walk_take(), `broken` as above.  Inline although it is slow: a processor predicts the returns
 * of 32 calls, and each further call costs a deep program one of them.
 */
PT_INLINE bool last_walk_mend(struct self *self, struct last_walk *c, struct walk *w,
                              uint32_t broken)
{
	uint64_t bp = w->bp;
	do {
		uint32_t i = broken - 1, met = broken;
		if (!broken || !last_walk_bp_holds(c, i) ||
		    !last_walk_exchange(c, i, *(const uint64_t *)c->link[i].at)) {
			w->bp = bp;
			met = last_walk_rejoin(self, c, w, broken);
			stack_table_prefetch(stack_hash_end(c->hash, PTF_STACK_COMPLETE));
		}
		if (unlikely(met == LAST_WALK_LOST))
			return false;
		if (met && unlikely(!last_walk_is_readable(self, c, met - 1))) {
			last_walk_forget(c);
			return false;
		}
		broken = met ? last_walk_verify(c, met - 1) : 0;
	} while (broken);

	return true;
}

/* Makes the chain that of the stack at these registers; false: a chain cannot express it. */
PT_INLINE bool last_walk_take(struct self *self, struct last_walk *c, uint64_t ip, uint64_t sp,
                              uint64_t bp)
{
	uint32_t broken = 0;

	if (likely(last_walk_starts_at(c, ip, sp, bp))) {
		if (likely(last_walk_is_readable(self, c, c->n - 1))) {
			broken = last_walk_verify(c, c->n - 1);
			if (likely(!broken))
				return true;
		} else {
			last_walk_forget(c);
		}
	}

	struct walk w = {ip, sp, bp, 0};
	return last_walk_mend(self, c, &w, broken);
}

/* Its frames' rule numbers, leaf first; returns how many. */
uint32_t last_walk_frames(const struct last_walk *c, uint32_t *frames);

#endif
