/*
 * The policies of the plan, as they serve blocks in a running program.
 *
 * A pool belongs to one thread and one lane.  Its thread alone changes it; another thread that frees a block of
 * it pushes the block to `returned`, from where the owner takes all at once when it needs some.  Blocks may be
 * freed at any time and in any order: a region is reset when none of its blocks is live, a bundle's slot is free
 * when none of its parts is.
 */
#ifndef ENACT_POOLS_H
#define ENACT_POOLS_H

#include "enact/free_list.h"
#include "enact/plan.h"
#include "enact/spans.h"
#include "enact/threads.h"

struct pool {
	struct thread *owner;
	const struct lane *lane;
	struct free_slot *list;     /* SLAB, BUNDLE: free slots */
	char *fresh, *fresh_end;    /* SLAB, BUNDLE: slots that were never used; REGION: the bump */
	struct free_slot *returned; /* atomic: freed by other threads */
	uint64_t n_live;            /* REGION */
	uint64_t region_bytes;      /* REGION: of its spans */
	struct span *first,
		*now;           /* REGION: its spans, the one that is filled; HOIST: the buffer's */
	char *slot;             /* BUNDLE: whose parts come now, NULL none */
	bool in_use;            /* HOIST */
} __attribute__((aligned(64))); /* other threads' pools are not on its lines */

/* A planned allocation: `where` as sites_find() gives it.  NULL: the real allocator must serve it. */
void *pools_serve(uint32_t where, size_t n_bytes, size_t align, bool zero);

/* A block of span s; any thread. */
void pools_free(struct span *s, void *p);

/* Bytes that the program may use of a block. */
size_t pools_usable(const struct span *s, const void *p);

/* Copies to, or clears, memory of our own range; short ones quickly. */
void pools_copy(void *to, const void *from, size_t n);

extern uint32_t pools_serving; /* bit by finding; not set: look up and forward */

#endif
