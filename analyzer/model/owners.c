/*
 * What hangs on an instance: blocks allocated under its methods, that die with it.
 *
 * "With it" means in one burst: frees of one thread with no allocation of that thread between them.
 * That is how CPython takes an object down: its dict, values and attributes just before the object's
 * own block, or just after it.  So for each live instance there is the sum of what is live on it and
 * of what the current burst has freed; when the instance dies it waits in its thread's list until the
 * burst ends.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"

#define DYING_SEARCH \
	256u /* instances of a burst that a block freed after its owner is looked up in */

struct owner {
	uint64_t live_bytes;
	uint64_t burst; /* which burst the next two are of */
	uint64_t burst_bytes;
	uint32_t live_blocks;
	uint32_t serial; /* of the block that the slot held */
};

struct dying {
	uint32_t slot, serial, class_id, live_blocks, freed_blocks;
	uint64_t own_bytes, live_bytes, freed_bytes;
};

struct dying_list {
	struct dying *d;
	uint32_t n, room;
	uint64_t burst;
};

struct owners {
	struct owner *owner; /* by slot */
	uint32_t n;
	struct dying_list *list; /* by thread */
	uint32_t n_lists;
};

static struct owners *owners_of(struct model *m)
{
	if (!m->state->owners)
		m->state->owners = mem_zalloc(1, sizeof *m->state->owners);
	return m->state->owners;
}

/* The sums of an instance's slot, emptied when the slot has changed hands. */
static struct owner *owner_at(struct owners *o, uint32_t slot, uint32_t serial)
{
	struct owner *x = MEM_AT(o->owner, o->n, slot);
	if (x->serial != serial)
		*x = (struct owner){.serial = serial};
	return x;
}

static struct dying_list *owners_list_of(struct owners *o, uint32_t thread)
{
	return MEM_AT(o->list, o->n_lists, thread);
}

/* Key of a burst: the thread's number and the number of its allocations. */
static uint64_t burst_of(struct model *m, uint32_t thread)
{
	return (uint64_t)pair_thread(&m->state->pair, thread)->n_allocs << 32 | (thread + 1);
}

static bool owner_is_live(const struct model *m, const struct block *b)
{
	const struct block *o = &m->state->pair.block[b->owner_slot - 1];
	return (o->flags & BLOCK_LIVE) && o->serial == b->owner_serial;
}

void owners_alloc(struct model *m, const struct block *b)
{
	struct owner *x = owner_at(owners_of(m), b->owner_slot - 1, b->owner_serial);
	x->live_bytes += b->size_bytes;
	x->live_blocks++;
}

static void list_flush(struct model *m, struct dying_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct dying *d = &list->d[i];
		struct class_stats *c = classes_get(m, d->class_id);
		hist_add(&c->owned_bytes, d->freed_bytes, 1);
		c->escaped_blocks += d->live_blocks - d->freed_blocks;
		c->escaped_bytes += d->live_bytes - (d->freed_bytes - d->own_bytes);
	}
	list->n = 0;
}

/* An owned block is freed. */
static void owned_freed(struct model *m, const struct block *b, uint32_t thread)
{
	struct owners *o = owners_of(m);
	uint64_t burst = burst_of(m, thread);

	if (owner_is_live(m, b)) {
		struct owner *x = owner_at(o, b->owner_slot - 1, b->owner_serial);
		if (x->burst != burst)
			x->burst_bytes = 0;
		x->burst = burst;
		x->burst_bytes += b->size_bytes;
		x->live_bytes -= b->size_bytes;
		x->live_blocks--;
		return;
	}

	struct dying_list *list = owners_list_of(o, thread);
	if (list->burst != burst)
		return;
	for (uint32_t i = list->n; i && list->n - i < DYING_SEARCH; i--) {
		struct dying *d = &list->d[i - 1];
		if (d->slot == b->owner_slot - 1 && d->serial == b->owner_serial) {
			d->freed_bytes += b->size_bytes;
			d->freed_blocks++;
			return;
		}
	}
}

/* An instance is freed. */
static void instance_freed(struct model *m, const struct block *b, uint32_t thread)
{
	struct owners *o = owners_of(m);
	uint64_t burst = burst_of(m, thread);
	struct dying_list *list = owners_list_of(o, thread);
	const struct owner *x = owner_at(o, b->slot, b->serial);
	uint64_t before = x->burst == burst ? x->burst_bytes : 0;

	if (list->burst != burst)
		list_flush(m, list);
	list->burst = burst;
	*MEM_PUSH(list->d, list->n, list->room) = (struct dying){
		.slot = b->slot,
		.serial = b->serial,
		.class_id = b->class_id,
		.own_bytes = before,
		.freed_bytes = before,
		.live_bytes = x->live_bytes,
		.live_blocks = x->live_blocks,
	};
}

void owners_free(struct model *m, const struct block *b, const struct event *e)
{
	if (b->owner_slot)
		owned_freed(m, b, e->thread);
	if (b->class_id && (trace_class(m->trace, b->class_id)->flags & PTF_CLASS_HEAP))
		instance_freed(m, b, e->thread);
}

void owners_finish(struct model *m)
{
	struct owners *o = m->state->owners;
	const struct pair *p = &m->state->pair;

	if (!o)
		return;
	for (uint32_t i = 0; i < o->n_lists; i++)
		list_flush(m, &o->list[i]);
	for (uint32_t i = 0; i < p->n_blocks; i++) {
		const struct block *b = &p->block[i];
		if ((b->flags & BLOCK_LIVE) && b->class_id &&
		    (trace_class(m->trace, b->class_id)->flags & PTF_CLASS_HEAP)) {
			const struct owner *x = owner_at(o, b->slot, b->serial);
			hist_add(&classes_get(m, b->class_id)->owned_bytes, x->live_bytes, 1);
		}
	}
}

void owners_release(struct model *m)
{
	struct owners *o = m->state->owners;
	if (!o)
		return;
	for (uint32_t i = 0; i < o->n_lists; i++)
		free(o->list[i].d);
	free(o->list);
	free(o->owner);
	free(o);
	m->state->owners = NULL;
}
