/*
 * See retained_closed.h.  Stacks of frees are recorded for a sample only, so the first pass learns from it which
 * sites' blocks go in close(); when such a block of a live instance is freed, the instance is closed.
 */
#include "retained_closed.h"

#include <stdlib.h>

#include "util/mem.h"

struct closing_site {
	uint32_t n_closing, n_other; /* frees with a known stack, outside collections */
};

struct closed_slot {
	uint64_t bytes;  /* its own, and live ones made under the methods of the instance in it */
	uint32_t serial; /* of the block in it */
	bool is_instance, is_closed;
};

struct closed {
	const struct model *model;
	const struct py_life *life;
	struct closing_site *site;
	struct closed_slot *slot;
	bool *in_gc; /* by thread */
	uint32_t n_slots, n_threads;
	double live_bytes, closed_bytes, peak_without;
};

static void retained_closed_on_gc(void *context, const struct event *e)
{
	struct closed *c = context;

	*MEM_AT(c->in_gc, c->n_threads, e->thread) = !e->gc_stop;
}

static bool is_collected(struct closed *c, const struct event *e)
{
	return *MEM_AT(c->in_gc, c->n_threads, e->thread);
}

/* ---- which sites ---- */

/* Of most frees only the native caller is known. */
static bool has_python(const struct trace *t, uint32_t stack)
{
	return t->nodes[trace_stack(t, stack)->node].python != 0;
}

static void learn_free(void *context, const struct block *b, const struct event *e)
{
	struct closed *c = context;
	struct closing_site *s = &c->site[b->site_id];

	if (!b->owner_slot || !has_python(c->model->trace, e->stack) || is_collected(c, e))
		return;
	if (costly_life_stack_closes(c->model, c->life, e->stack))
		s->n_closing++;
	else
		s->n_other++;
}

/* ---- from when to when ---- */

static struct closed_slot *retained_closed_slot_at(struct closed *c, uint32_t slot)
{
	return MEM_AT(c->slot, c->n_slots, slot);
}

/* The instance that a block was made under, if it is alive and of the class. */
static struct closed_slot *owner_of(struct closed *c, const struct block *b)
{
	struct closed_slot *o = b->owner_slot ? retained_closed_slot_at(c, b->owner_slot - 1)
	                                      : NULL;

	return o && o->is_instance && o->serial == b->owner_serial ? o : NULL;
}

static void retained_closed_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct closed *c = context;
	struct closed_slot *owner;
	(void)e;

	*retained_closed_slot_at(c, b->slot) =
		(struct closed_slot){.bytes = b->size_bytes,
	                             .serial = b->serial,
	                             .is_instance = b->class_id == c->life->class.stats->class_id};
	owner = owner_of(c, b);
	if (owner) {
		owner->bytes += b->size_bytes;
		if (owner->is_closed)
			c->closed_bytes += (double)b->size_bytes;
	}
	c->live_bytes += (double)b->size_bytes;
	if (c->live_bytes - c->closed_bytes > c->peak_without)
		c->peak_without = c->live_bytes - c->closed_bytes;
}

static void retained_closed_on_class(void *context, const struct block *b, const struct event *e)
{
	struct closed *c = context;

	retained_closed_slot_at(c, b->slot)->serial = b->serial;
	retained_closed_slot_at(c, b->slot)->is_instance = e->class_id ==
	                                                   c->life->class.stats->class_id;
}

static void owned_ends(struct closed *c, struct closed_slot *owner, const struct block *b,
                       bool may_close)
{
	const struct closing_site *s = &c->site[b->site_id];

	owner->bytes -= b->size_bytes;
	if (owner->is_closed) {
		c->closed_bytes -= (double)b->size_bytes;
	} else if (may_close && s->n_closing > s->n_other) {
		owner->is_closed = true;
		c->closed_bytes += (double)owner->bytes;
	}
}

static void retained_closed_block_ends(struct closed *c, const struct block *b, bool may_close)
{
	struct closed_slot *own = retained_closed_slot_at(c, b->slot), *owner = owner_of(c, b);

	c->live_bytes -= (double)b->size_bytes;
	if (owner)
		owned_ends(c, owner, b, may_close);
	if (own->is_closed)
		c->closed_bytes -= (double)own->bytes;
	*own = (struct closed_slot){0};
}

static void retained_closed_on_free(void *context, const struct block *b, const struct event *e)
{
	retained_closed_block_ends(context, b, !is_collected(context, e));
}

static void retained_closed_on_realloc(void *context, const struct block *old,
                                       const struct block *new, const struct event *e)
{
	retained_closed_block_ends(context, old, false);
	retained_closed_on_alloc(context, new, e);
}

double closed_saved_bytes(const struct model *m, const struct py_life *l)
{
	struct closed c = {.model = m, .life = l};
	struct model_observer learn = {.context = &c, .what = "looking at what close() frees"},
			      follow = {.context = &c, .what = "following closed objects"};
	double saved;

	c.site = mem_zalloc(m->n_sites + 1, sizeof *c.site);
	learn.on_free = learn_free;
	learn.on_gc = follow.on_gc = retained_closed_on_gc;
	model_scan(m, &learn, 1);
	follow.on_alloc = retained_closed_on_alloc;
	follow.on_free = retained_closed_on_free;
	follow.on_realloc = retained_closed_on_realloc;
	follow.on_class = retained_closed_on_class;
	model_scan(m, &follow, 1);
	saved = (double)m->totals.peak_live_bytes - c.peak_without;
	free(c.site);
	free(c.slot);
	free(c.in_gc);
	return saved > 0 ? saved : 0;
}
