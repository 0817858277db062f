/*
 * Events to blocks: which allocation a free ends.  Private to model/.
 *
 * Owns the pool of live blocks (dense slots, reused) and the table address -> slot.  Knows nothing of
 * sites' numbers: for each step it tells the sink what happened, with complete blocks.
 *
 * A realloc is two events with the call between them: the old block leaves the table at the first
 * (another thread may be given its address at once) but ends only at the second, when the new one is
 * known; until then it hangs on its thread.  When the thread's next event is neither the new block nor
 * PTF_E_UNDO, there was none: realloc(p, 0) has freed it.
 */
#ifndef PT_MODEL_PAIR_H
#define PT_MODEL_PAIR_H

#include "model/model.h"

/* What a thread has been doing. */
struct pair_thread {
	uint32_t n_allocs;          /* allocations so far, modulo 2^32 */
	uint32_t pending;           /* slot + 1 of the old block of a realloc under way, */
	struct event pending_event; /* and its release */
	uint32_t last_alloc;        /* site id + 1 of its last allocation, of its last free */
	uint32_t last_free;
	bool in_gc;
	uint64_t gc_start_ns;
};

struct pair_entry {
	uint64_t address; /* 0: empty */
	uint32_t slot;
	uint32_t pad;
};

struct pair;

struct pair_sink {
	void *context;
	/* Gives the block its site. */
	struct site *(*site_of)(void *context, const struct event *e);
	void (*on_alloc)(void *context, struct block *b, const struct event *e);
	/* The block ends; implied: there was no free, the address was handed out again. */
	void (*on_free)(void *context, struct block *b, const struct event *e, bool implied);
	void (*on_realloc)(void *context, struct block *old_block, struct block *new_block,
	                   const struct event *e);
	void (*on_class)(void *context, struct block *b, const struct event *e);
};

struct pair {
	struct pair_sink sink;
	struct block *block; /* by slot */
	uint32_t n_blocks, blocks_room;
	uint32_t free_slot; /* slot + 1; chained through `older` */
	uint32_t n_live;
	struct pair_entry *entry;
	uint32_t n_entries; /* in use */
	uint32_t shift;     /* 64 - log2 of the table's size */
	struct pair_thread *thread;
	uint32_t n_threads;
	uint64_t allocated_bytes;
	/* counted: */
	uint64_t n_allocs, n_frees, unmatched_frees, double_allocs, undone_reallocs;
};

void pair_init(struct pair *p, const struct pair_sink *sink);
void pair_release(struct pair *p);

/* One event of kind ALLOC, FREE, UNDO or CLASS. */
void pair_event(struct pair *p, const struct event *e);

/* Ends the blocks whose realloc never came back. */
void pair_finish(struct pair *p);

bool pair_is_live(void *pair, uint64_t address);

/* Block at an address, NULL none. */
struct block *pair_find(const struct pair *p, uint64_t address);

/*
 * Brings what an event on this address will touch into the cache, in steps so that none waits for the
 * one before: stage 0 its entry in the table, 1 the block, 2 the block's neighbours in its site's list.
 */
void pair_prefetch(void *pair, uint64_t address, unsigned stage);

/* Makes room for a thread's state; pointers to others move. */
struct pair_thread *pair_thread_new(struct pair *p, uint32_t thread);

static inline struct pair_thread *pair_thread(struct pair *p, uint32_t thread)
{
	return __builtin_expect(thread < p->n_threads, 1) ? &p->thread[thread]
	                                                  : pair_thread_new(p, thread);
}

#define BLOCK_LIVE 1u /* block.flags: in use */

#endif
