/*
 * The policies that the replayer tries, each as few instructions as the sketch that proposes it, and
 * the allocator calls beneath them, counted.  Inline: each combination of policy and fencing becomes a
 * loop of its own (one loop with a switch costs as much as what is measured).
 */
#ifndef PT_SIMULATE_REPLAYER_POLICY_H
#define PT_SIMULATE_REPLAYER_POLICY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "detect/plan.h"
#include "enact/free_list.h"
#include "simulate/ops.h"

#define PAGE_BYTES 4096u

struct chunk {
	struct chunk *next;
	size_t used;
};

/* One role's pool; one thread's, except `returned`, which is everybody's. */
struct pool {
	struct free_slot *list;
	struct chunk *first, *now;
	char *base;      /* BUNDLE: slot of the parts that come now; HOIST: the buffer */
	size_t room;     /* HOIST */
	uint64_t n_live; /* REGION */
	uint32_t *kept;  /* BOUND: ring of slots */
	uint64_t n_kept;
	struct free_slot **classes; /* CLASSES: a list each */
};

struct player {
	void **blocks;   /* by slot; NULL: none, or served elsewhere */
	uint32_t *rooms; /* by slot: bytes that its block really has (RESERVE) */
	const struct ops_role *roles;
	struct pool *pools;          /* by role */
	struct free_slot **returned; /* atomic; by role */
	uint64_t n_calls;
	uint64_t requested, requested_peak;
};

static inline void count(struct player *p, int64_t bytes)
{
	p->n_calls++;
	p->requested += (uint64_t)bytes;
	if (p->requested > p->requested_peak)
		p->requested_peak = p->requested;
}

static inline void *call_malloc(struct player *p, size_t bytes)
{
	count(p, (int64_t)bytes);
	void *b = malloc(bytes);
	if (!b)
		abort();
	return b;
}

static inline void call_free(struct player *p, void *b, size_t bytes)
{
	count(p, -(int64_t)bytes);
	free(b);
}

/* Bytes below which all of a block is used; of larger ones the program may have touched a part only. */
extern size_t touch_below;
/* Bytes of a block that are copied or cleared at most. */
extern size_t copy_most;

static inline size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Share of the pages of larger blocks that is used. */
extern double touch_share;

static inline void touch_pages(char *b, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		b[at] = 1;
}

/* What the program does with a block at least: it writes a byte of each page and the last byte of a small
 * block; the first byte and a share of the pages of a larger one. */
static inline void touch(char *b, size_t bytes)
{
	if (bytes >= touch_below) {
		b[0] = 1;
		touch_pages(b, (size_t)(touch_share * (double)bytes));
		return;
	}
	touch_pages(b, bytes);
	if (bytes)
		b[bytes - 1] = 1;
}

/* ---- slab, ring ---- */

static inline void slab_grow(struct player *p, struct pool *pool, const struct ops_role *r)
{
	char *chunk = call_malloc(p, r->slot_bytes * r->chunk_slots);
	for (uint64_t i = r->chunk_slots; i-- > 0;)
		free_list_push(&pool->list, chunk + i * r->slot_bytes);
}

static inline void *slab_get(struct player *p, struct pool *pool, const struct ops_role *r)
{
	if (__builtin_expect(!pool->list, 0))
		slab_grow(p, pool, r);
	return free_list_pop(&pool->list);
}

static inline void *ring_get(struct player *p, struct pool *pool, const struct ops_role *r,
                             struct free_slot **returned)
{
	if (!pool->list)
		pool->list = return_list_take(returned);
	return slab_get(p, pool, r);
}

/* ---- a list for each size class ---- */

struct class_header {
	size_t class;
	size_t unused;
};

static inline void *class_get(struct player *p, struct pool *pool, size_t bytes)
{
	size_t class = (bytes + 15) / 16;
	if (class < CLASSES_N && pool->classes[class])
		return free_list_pop(&pool->classes[class]);
	struct class_header *h = call_malloc(p, sizeof *h + (class ? class : 1) * 16);
	h->class = class;
	return h + 1;
}

static inline void class_put(struct player *p, struct pool *pool, void *b, size_t bytes)
{
	struct class_header *h = (struct class_header *)b - 1;
	if (h->class >= CLASSES_N) {
		call_free(p, h, sizeof *h + ((bytes + 15) & ~(size_t)15));
		return;
	}
	free_list_push(&pool->classes[h->class], b);
}

/* ---- region ---- */

static __attribute__((noinline)) void *region_next(struct player *p, struct pool *pool,
                                                   size_t bytes, size_t chunk_bytes)
{
	struct chunk **at = pool->now ? &pool->now->next : &pool->first;
	if (bytes + sizeof **at > chunk_bytes)
		chunk_bytes = bytes + sizeof **at; /* larger than ever recorded */
	if (!*at) {
		*at = call_malloc(p, chunk_bytes);
		(*at)->next = NULL;
	}
	pool->now = *at;
	pool->now->used = sizeof **at + bytes;
	return *at + 1;
}

static inline void *region_get(struct player *p, struct pool *pool, const struct ops_role *r,
                               size_t bytes)
{
	bytes = (bytes + 15) & ~(size_t)15;
	pool->n_live++;
	if (!pool->now || pool->now->used + bytes > r->chunk_bytes)
		return region_next(p, pool, bytes, r->chunk_bytes);
	void *b = (char *)pool->now + pool->now->used;
	pool->now->used += bytes;
	return b;
}

static inline void region_put(struct pool *pool)
{
	if (--pool->n_live)
		return;
	pool->now = pool->first;
	pool->now->used = sizeof *pool->now;
}

/* ---- hoist, bundle, bound ---- */

static inline void *hoist_get(struct player *p, struct pool *pool, const struct ops_role *r,
                              size_t bytes)
{
	if (bytes > pool->room || !pool->base) {
		if (pool->base)
			call_free(p, pool->base, pool->room);
		pool->room = bytes > r->slot_bytes ? bytes : r->slot_bytes;
		pool->base = call_malloc(p, pool->room);
	}
	return pool->base;
}

static inline void *bundle_get(struct player *p, struct pool *pool, const struct ops_role *r,
                               uint32_t part)
{
	if (part == 0 || !pool->base)
		pool->base = slab_get(p, pool, r);
	return pool->base + r->part_offset[part];
}

static inline void *bound_get(struct player *p, struct pool *pool, const struct ops_role *r,
                              uint32_t slot, size_t bytes)
{
	uint32_t *place = &pool->kept[pool->n_kept++ % r->max_blocks];
	if (pool->n_kept > r->max_blocks && p->blocks[*place]) {
		call_free(p, p->blocks[*place], p->rooms[*place]);
		p->blocks[*place] = NULL;
	}
	*place = slot;
	p->rooms[slot] = (uint32_t)bytes;
	return call_malloc(p, bytes);
}

/* ---- one op under a policy ---- */

static inline __attribute__((always_inline)) void *
policy_alloc(struct player *p, enum policy policy, const struct op *o)
{
	const struct ops_role *r = &p->roles[o->role];
	struct pool *pool = &p->pools[o->role];
	void *b;

	switch (policy) {
	case POLICY_SLAB:
		b = slab_get(p, pool, r);
		break;
	case POLICY_RING:
		b = ring_get(p, pool, r, &p->returned[o->role]);
		break;
	case POLICY_BUNDLE:
		b = bundle_get(p, pool, r, o->code == OP_GROW ? 0 : o->aux % OPS_PARTS);
		break;
	case POLICY_REGION:
		b = region_get(p, pool, r, o->size);
		break;
	case POLICY_HOIST:
		b = hoist_get(p, pool, r, o->size);
		break;
	case POLICY_RESERVE:
		p->rooms[o->slot] = o->size > r->reserve_bytes ? o->size
		                                               : (uint32_t)r->reserve_bytes;
		b = call_malloc(p, p->rooms[o->slot]);
		break;
	case POLICY_CLASSES:
		b = class_get(p, pool, o->size);
		break;
	case POLICY_BOUND:
		b = bound_get(p, pool, r, o->slot, o->size);
		break;
	default:
		b = call_malloc(p, o->size);
	}

	if (o->code == OP_CALLOC)
		memset(b, 0, least(o->size, copy_most));
	return b;
}

static inline __attribute__((always_inline)) void policy_free(struct player *p, enum policy policy,
                                                              const struct op *o)
{
	void *b = p->blocks[o->slot];
	struct pool *pool = &p->pools[o->role];

	if (!b)
		return; /* taken over by the container's next step, or dropped by the bound */
	switch (policy) {
	case POLICY_SLAB:
		free_list_push(&pool->list, b);
		break;
	case POLICY_RING:
		return_list_push(&p->returned[o->role], b);
		break;
	case POLICY_BUNDLE:
		if (o->aux == 0)
			free_list_push(&pool->list, b);
		break;
	case POLICY_REGION:
		region_put(pool);
		break;
	case POLICY_HOIST:
		break;
	case POLICY_CLASSES:
		class_put(p, pool, b, o->size);
		break;
	case POLICY_RESERVE:
		call_free(p, b, p->rooms[o->slot]);
		break;
	default:
		call_free(p, b, o->size);
	}
}

#endif
