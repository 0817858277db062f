/*
 * One step of a walk: from a frame's registers to its caller's, by a compiled rule.
 */
#ifndef PT_WALK_H
#define PT_WALK_H

#include "unwind_rules.h"

struct walk {
	uint64_t ip, sp, bp; /* ip: key of the frame to come */
	uint64_t high;       /* end of what is known to be readable */
};

PT_INLINE uint64_t walk_cfa(const struct walk *w, uint32_t code)
{
	return (code & 1 ? w->bp : w->sp) + ((uint64_t)(code >> 1 & 0x7ffff) << 3);
}

/* From the frame of the normal rule `code` to its caller's; false: that is not up this stack. */
PT_INLINE bool walk_up(struct walk *w, uint32_t code)
{
	uint64_t cfa = walk_cfa(w, code), slot = rule_bp_slot(code);
	if (unlikely(cfa <= w->sp || cfa > w->high))
		return false;
	w->ip = *(const uint64_t *)(cfa - 8);
	if (slot)
		w->bp = *(const uint64_t *)(cfa - 8 * slot);
	w->sp = cfa;
	return true;
}

/* The same when the frame may end beyond what is known to be readable. */
struct self;
bool walk_up_beyond(struct self *self, struct walk *w, uint32_t code);

#endif
