/*
 * The last walk of a thread, kept as the words that it read: unwinding is a function of the registers
 * it starts from, the words it reads and the unwind tables; as long as these are the same, so is the
 * stack.
 *
 * Most of a stack is what it was at the thread's last event.  So a stack is taken by walking from the
 * leaf until a remembered frame is met (chain_mend), and from there by comparing words alone, 0.5 ns a
 * frame.  A return address that changed into another one with the same rule (another call in the same
 * function) is exchanged where it is.  Words are read from the leaf to the root and reading stops at
 * the first that changes the way on: nothing is read that a walk from scratch would not read.
 *
 * Links are kept root first, so that the common part stays in place when the leaf end changes.
 */
#ifndef PT_CHAIN_H
#define PT_CHAIN_H

#include "memo.h"
#include "rules.h"
#include "self.h"
#include "stacktab.h"
#include "walk.h"

PT_INLINE void chain_forget(struct chain *c)
{
	c->n = 0;
	c->hash = 0;
	c->uses_bp = false;
}

/* Forgets all of a thread. */
PT_INLINE void chains_forget(struct self *self)
{
	if (self->chains) {
		memo_forget(&self->chains->memo);
		chain_forget(&self->chains->allocs);
		chain_forget(&self->chains->releases);
	}
}

/* Where the frame of link i ends: its caller's return address is below. */
PT_INLINE uint64_t link_cfa(const struct chain *c, uint32_t i)
{
	return c->link[i - 1].at + 8;
}

/* Where the frame before link i has saved the bp of link i; 0: it has not. */
PT_INLINE uint64_t link_bp_saved_at(const struct chain *c, uint32_t i)
{
	uint64_t slot = rule_bp_slot(rule_code(c->link[i + 1].rule));
	return slot ? link_cfa(c, i + 1) - 8 * slot : 0;
}

/* The slow side of chain_take(): `broken` links from the root on are not known to hold; 0: not even the
 * leaf does.  Makes the chain that of the stack at `w`; false: it has frames that a chain cannot have. */
bool chain_mend(struct self *self, struct chain *c, struct walk *w, uint32_t broken);

/* Are the words below link `top`, which holds, what they were?  0: yes, else the number of links up to
 * the first one that is not. */
uint32_t chain_verify_bp(const struct chain *c, uint32_t top);

PT_INLINE uint32_t chain_verify(const struct chain *c, uint32_t top)
{
	if (unlikely(c->uses_bp))
		return chain_verify_bp(c, top);
	for (const struct link *l = &c->link[top]; l != c->link; l--)
		if (unlikely(*(const uint64_t *)l[-1].at != l[-1].key))
			return (uint32_t)(l - c->link);
	return 0;
}

PT_INLINE bool chain_starts_at(const struct chain *c, uint64_t ip, uint64_t sp, uint64_t bp)
{
	if (unlikely(!c->n))
		return false;
	const struct link *leaf = &c->link[c->n - 1];
	return leaf->at == sp - 8 && leaf->key == ip && (!leaf->bp || leaf->bp == bp);
}

/* Makes the chain that of the stack at these registers; false: a chain cannot express it. */
PT_INLINE bool chain_take(struct self *self, struct chain *c, uint64_t ip, uint64_t sp, uint64_t bp)
{
	uint32_t broken = 0;
	if (likely(chain_starts_at(c, ip, sp, bp))) {
		broken = chain_verify(c, c->n - 1);
		if (likely(!broken))
			return true;
	}
	struct walk w = {ip, sp, bp, 0, 0};
	return chain_mend(self, c, &w, broken);
}

/* Its frames' rule numbers, leaf first; returns how many. */
uint32_t chain_frames(const struct chain *c, uint32_t *frames);

#endif
