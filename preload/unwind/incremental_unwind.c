/*
 * See incremental_unwind.h.
 *
 * Cost: 0.5 ns a frame that is compared, 4-8 ns one that is walked, about 7 ns for each place where
 * the stack has changed (a branch that nobody can predict).
 */
#include "incremental_unwind.h"
#include "stack_bounds.h"
#include "unwind.h"

PT_INLINE void last_walk_pop(struct last_walk *c)
{
	const struct link *leaf = &c->link[--c->n];
	c->hash -= stack_hash_part(c->n, rule_ref_number(leaf->rule));
}

/* What bp must be in the frame of rule `code` at link i, see struct link. */
PT_INLINE uint64_t last_walk_bp_needed(const struct last_walk *c, uint32_t i, uint32_t code)
{
	if (!i)
		return 0;
	if (code & 1)
		return link_cfa(c, i) - rule_offset(code);
	return rule_bp_slot(code) ? 0 : c->link[i - 1].bp;
}

PT_INLINE void last_walk_push(struct last_walk *c, const struct link *fresh)
{
	struct link *l = &c->link[c->n];
	uint64_t rule = fresh->rule, bp = last_walk_bp_needed(c, c->n, rule_ref_code(rule));
	l->at = fresh->at;
	l->key = fresh->key;
	l->bp = bp;
	l->rule = rule;
	c->uses_bp |= bp != 0;
	c->hash += stack_hash_part(c->n++, rule_ref_number(rule));
}

uint32_t last_walk_verify_bp(const struct last_walk *c, uint32_t top)
{
	for (uint32_t i = top; i; i--) {
		const struct link *l = &c->link[i - 1];
		if (*(const uint64_t *)l->at != l->key || !last_walk_bp_holds(c, i - 1))
			return i;
	}
	return 0;
}

/* bp in the frame of link i: what the nearest frame below it has saved. */
static uint64_t last_walk_bp_at(const struct last_walk *c, uint32_t i, uint64_t bp_at_start)
{
	while (++i < c->n) {
		uint64_t slot = rule_bp_slot(rule_ref_code(c->link[i].rule));
		if (slot)
			return *(const uint64_t *)(link_cfa(c, i) - 8 * slot);
	}
	return bp_at_start;
}

/* Link i has changed; the links behind it have not, and come before it in the walk that `w` continues. */
static void last_walk_set_aside(struct last_walk *c, struct last_walk_fresh *f, uint32_t i,
                                struct walk *w)
{
	uint64_t at = c->link[i].at;
	*w = (struct walk){*(const uint64_t *)at, at + 8, last_walk_bp_at(c, i, w->bp), 0};
	while (c->n > i + 1) {
		f->link[f->n++] = c->link[c->n - 1];
		last_walk_pop(c);
	}
	last_walk_pop(c);
}

/* Is the last link the frame at `w`, or can it be made so? */
PT_INLINE bool last_walk_meets(struct last_walk *c, const struct walk *w)
{
	const struct link *l = &c->link[c->n - 1];
	return (!l->bp || l->bp == w->bp) &&
	       (l->key == w->ip || last_walk_exchange(c, c->n - 1, w->ip));
}

enum last_walk_step { LAST_WALK_ON, LAST_WALK_AT_ROOT, LAST_WALK_CANNOT };

/* Adds the frame at `w` to the fresh ones and goes on to its caller. */
PT_INLINE enum last_walk_step last_walk_walk_up(struct self *self, struct last_walk_fresh *f,
                                                struct walk *w)
{
	struct link *l = &f->link[f->n];

	l->at = w->sp - 8;
	l->key = w->ip;
	if (unlikely(++f->n > f->room))
		return LAST_WALK_CANNOT;
	if (!w->ip) {
		l->rule = 0;
		return LAST_WALK_AT_ROOT;
	}

	l->rule = unwind_rule(self, w->ip);
	if (unlikely(!l->rule))
		return LAST_WALK_CANNOT;
	uint32_t code = rule_ref_code(l->rule);
	if (unlikely(code >> 28))
		return rule_kind(code) == RULE_ROOT ? LAST_WALK_AT_ROOT : LAST_WALK_CANNOT;
	return likely(walk_up(w, code)) || walk_up_beyond(self, w, code) ? LAST_WALK_ON
	                                                                 : LAST_WALK_CANNOT;
}

uint32_t last_walk_rejoin(struct self *self, struct last_walk *c, struct walk *w, uint32_t broken)
{
	struct last_walk_fresh *f = &self->last_walks->fresh;

	f->n = 0;
	if (broken)
		last_walk_set_aside(c, f, broken - 1, w);
	w->high = stack_bounds_end(self, w->sp);
	if (unlikely(!w->high))
		return LAST_WALK_LOST;
	for (;;) {
		uint64_t at = w->sp - 8;
		while (c->n && c->link[c->n - 1].at < at)
			last_walk_pop(c);
		if (c->n && c->link[c->n - 1].at == at) {
			if (last_walk_meets(c, w))
				break;
			last_walk_pop(c);
		}
		enum last_walk_step step = last_walk_walk_up(self, f, w);
		if (step == LAST_WALK_CANNOT)
			return LAST_WALK_LOST;
		if (step == LAST_WALK_AT_ROOT) {
			last_walk_forget(c);
			break;
		}
	}

	uint32_t met = c->n;
	if (unlikely(met + f->n > PTF_MAX_FRAMES))
		return LAST_WALK_LOST;
	while (f->n)
		last_walk_push(c, &f->link[--f->n]);
	return met;
}

uint32_t last_walk_frames(const struct last_walk *c, uint32_t *frames)
{
	uint32_t n = 0;
	for (uint32_t i = c->n; i; i--)
		if (c->link[i - 1].rule)
			frames[n++] = rule_ref_number(c->link[i - 1].rule);
	return n;
}
