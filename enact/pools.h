/*
 * The policies of the plan, as they serve blocks in a running program.
 *
 * A pool belongs to one thread and one lane.  Its thread alone changes it; another thread that frees a block of
 * it pushes the block to `returned`, from where the owner takes all at once when it needs some.  Blocks may be
 * freed at any time and in any order: a region is reset when none of its blocks is live.
 */
#ifndef ENACT_POOLS_H
#define ENACT_POOLS_H

#include "enact/free_list.h"
#include "enact/plan.h"
#include "enact/spans.h"
#include "enact/threads.h"

struct pool {
	struct thread *owner;
	uint64_t quick_bytes; /* SLAB, CLASSES that serve: the largest block; else 0 */
	bool is_classes;
	bool in_use;            /* HOIST */
	struct free_slot *list; /* SLAB: free slots */
	const struct lane *lane;
	char *fresh, *fresh_end;    /* SLAB: slots that were never used; REGION: the bump */
	struct free_slot *returned; /* atomic: freed by other threads */
	uint64_t n_live;            /* REGION */
	uint64_t region_bytes;      /* REGION: of its spans */
	struct span *first,
		*now;           /* REGION: its spans, the one that is filled; HOIST: the buffer's */
} __attribute__((aligned(64))); /* other threads' pools are not on its lines */

/* A planned allocation of a lane.  NULL: the real allocator must serve it. */
void *pools_serve(uint32_t lane, size_t n_bytes, size_t align, bool zero);

/* A block of span s; any thread. */
void pools_free(struct span *s, void *p);

/* Bytes that the program may use of a block. */
size_t pools_usable(const struct span *s, const void *p);

/* Copies to, or clears, memory of our own range; short ones quickly. */
void pools_copy(void *to, const void *from, size_t n);

extern uint32_t pools_serving; /* bit by finding; not set: look up and forward */

/* pools_serve() of a block without alignment that need not be clear, if its slab has a free slot. */
PT_INLINE void *pools_serve_quickly(uint32_t lane, size_t n_bytes)
{
	struct thread *t = me;
	if (unlikely(t->busy))
		return NULL;
	struct pool *pool = &t->pools[lane];
	if (n_bytes - 1 >= pool->quick_bytes)
		return NULL;
	if (pool->is_classes)
		pool += (n_bytes + 15) / 16;

	t->busy = 1;
	pt_signal_fence();
	void *p = pool->list;
	if (likely(p))
		pool->list = pool->list->next;
	pt_signal_fence();
	t->busy = 0;
	t->tally->served[pool->lane->finding] += p != NULL;
	return p;
}

/* pools_free() of a slot by its own thread; false: it is something else. */
PT_INLINE bool pools_free_quickly(const struct span *s, void *p)
{
	struct thread *t = me;
	struct pool *pool = s->pool;
	if (unlikely(pool->owner != t) || unlikely(t->busy) || !pool->quick_bytes)
		return false;

	t->busy = 1;
	pt_signal_fence();
	free_list_push(&pool->list, p);
	pt_signal_fence();
	t->busy = 0;
	t->tally->freed++;
	return true;
}

#endif
