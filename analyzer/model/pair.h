/*
 * Events to blocks: which allocation a free ends.  Private to model/.
 *
 * Owns the pool of live blocks (dense slots, reused, youngest first) and the table address -> slot.
 * Knows nothing of sites' numbers: for each step it calls the sink, with complete blocks.  pair_event()
 * is a template: each caller passes a constant sink, and the compiler turns its pointers into calls.
 *
 * The table has buckets of one line of the cache: seven hashes, compared at once, and their slots.  The
 * hash tells almost always whether a block is the one that is looked for, so neither finding a block nor
 * finding none depends on a branch that cannot be predicted.  A block is one line, too.  pair_fetch_*()
 * bring both before the event.
 *
 * A realloc is two events with the call between them: the old block leaves the table at the first
 * (another thread may be given its address at once) but ends only at the second, when the new one is
 * known; until then it hangs on its thread.  When the thread's next event is neither the new block nor
 * PTF_E_UNDO, there was none: realloc(p, 0) has freed it.
 */
#ifndef PT_MODEL_PAIR_H
#define PT_MODEL_PAIR_H

#include <emmintrin.h>

#include "model/model.h"
#include "util/mem.h"

#define BLOCK_LIVE 1u    /* block.flags: in use */
#define BLOCK_CHAINED 2u /* it came from a realloc: its chain is in pair.chain[] */

#define PAIR_BITS_48 ((1ull << 48) - 1)

/* What a thread has been doing. */
struct pair_thread {
	uint64_t last_address;      /* of its last allocation */
	uint32_t n_allocs;          /* allocations so far, modulo 2^32 */
	uint32_t pending;           /* slot + 1 of the old block of a realloc under way, */
	struct event pending_event; /* and its release */
	uint32_t last_alloc;        /* site id + 1 of its last allocation, of its last free */
	uint32_t last_free;
	bool in_gc;
	uint64_t gc_start_ns;
};

#define PAIR_BUCKET 7u /* entries of a bucket */

struct pair_bucket {
	uint32_t hash[PAIR_BUCKET]; /* 0: empty */
	uint32_t n_passed; /* entries of this bucket or one before it that lie in one after it */
	uint32_t slot[PAIR_BUCKET];
	uint32_t unused;
} __attribute__((aligned(64)));

/* An entry of the table; entry PAIR_BUCKET: there is none. */
struct pair_place {
	uint32_t bucket, entry;
};

/* Reallocs that led to a block. */
struct pair_chain {
	uint32_t n;      /* how many */
	uint32_t origin; /* site id where the chain began */
};

struct pair {
	struct block *block; /* by slot; pages of their own */
	uint32_t n_blocks, blocks_room;
	uint32_t free_slot; /* slot + 1; chained through `position` */
	uint32_t n_live;
	struct pair_bucket *bucket;
	uint32_t n_entries; /* in use */
	uint32_t log2;      /* of the number of buckets */
	struct pair_thread *thread;
	uint32_t n_threads;
	struct pair_chain *chain; /* by slot; only of blocks with BLOCK_CHAINED */
	uint32_t n_chains;
	uint64_t allocated_bytes;
	/* counted: */
	uint64_t n_allocs, n_frees, unmatched_frees, double_allocs, undone_reallocs;
};

/* What happens to blocks. */
struct pair_sink {
	/* Says which site an allocation belongs to. */
	uint32_t (*site_of)(void *context, const struct event *e);
	void (*on_alloc)(void *context, struct block *b, const struct event *e);
	/* The block ends; implied: there was no free, the address was handed out again. */
	void (*on_free)(void *context, struct block *b, const struct event *e, bool implied);
	void (*on_realloc)(void *context, struct block *old_block, struct block *new_block,
	                   const struct event *e);
	void (*on_class)(void *context, struct block *b, const struct event *e);
};

void pair_init(struct pair *p);
void pair_release(struct pair *p);

bool pair_is_live(void *pair, uint64_t address);

/* Block at an address, NULL none. */
struct block *pair_find(const struct pair *p, uint64_t address);

/* Makes room for a thread's state; pointers to others move. */
struct pair_thread *pair_thread_new(struct pair *p, uint32_t thread);

static inline struct pair_thread *pair_thread(struct pair *p, uint32_t thread)
{
	return __builtin_expect(thread < p->n_threads, 1) ? &p->thread[thread]
	                                                  : pair_thread_new(p, thread);
}

/* Was this the last allocation of the thread that made it? */
static inline bool pair_is_last(struct pair *p, const struct block *b)
{
	return pair_thread(p, b->thread)->last_address == b->address;
}

/* The chain that a block is the last of so far. */
static inline struct pair_chain pair_chain(const struct pair *p, const struct block *b)
{
	return b->flags & BLOCK_CHAINED ? p->chain[b->slot]
	                                : (struct pair_chain){.origin = b->site_id};
}

static inline uint64_t pair_bytes_before(const struct block *b)
{
	return (uint64_t)b->bytes_before_high << 32 | b->bytes_before_low;
}

/* ---- the table: an entry lies in its home bucket or in the next one that had room ---- */

static inline uint32_t pair_hash(uint64_t address)
{
	return (uint32_t)((address * 0x9E3779B97F4A7C15ull) >> 32) | 1;
}

static inline uint32_t pair_home(const struct pair *p, uint32_t hash)
{
	return hash >> (32 - p->log2);
}

/* A bit for each entry with that hash. */
static inline uint32_t pair_match(const struct pair_bucket *b, uint32_t hash)
{
	__m128i want = _mm_set1_epi32((int)hash);
	const __m128i *have = (const __m128i *)b->hash;
	uint32_t low = (uint32_t)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(have), want)));
	uint32_t high = (uint32_t)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(have + 1), want)));

	return (low | high << 4) & ((1u << PAIR_BUCKET) - 1);
}

/* The address's entry. */
static inline struct pair_place pair_lookup(const struct pair *p, uint64_t address)
{
	uint32_t mask = (1u << p->log2) - 1, hash = pair_hash(address), i = pair_home(p, hash);

	for (;;) {
		const struct pair_bucket *b = &p->bucket[i];
		for (uint32_t match = pair_match(b, hash); match; match &= match - 1) {
			uint32_t entry = (uint32_t)__builtin_ctz(match);
			if (__builtin_expect(p->block[b->slot[entry]].address == address, 1))
				return (struct pair_place){i, entry};
		}
		if (__builtin_expect(!b->n_passed, 1))
			return (struct pair_place){i, PAIR_BUCKET};
		i = (i + 1) & mask;
	}
}

void pair_table_grow(struct pair *p);
void pair_pool_grow(struct pair *p);

static inline void pair_put_hash(struct pair *p, uint32_t hash, uint32_t slot)
{
	uint32_t mask = (1u << p->log2) - 1, i = pair_home(p, hash), empty;

	while (__builtin_expect(!(empty = pair_match(&p->bucket[i], 0)), 0)) {
		p->bucket[i].n_passed++;
		i = (i + 1) & mask;
	}
	p->bucket[i].hash[__builtin_ctz(empty)] = hash;
	p->bucket[i].slot[__builtin_ctz(empty)] = slot;
}

/* Enters an address that has no entry. */
static inline void pair_put(struct pair *p, uint64_t address, uint32_t slot)
{
	if (__builtin_expect(p->n_entries >= (PAIR_BUCKET * 3ull << p->log2) >> 2, 0))
		pair_table_grow(p);
	pair_put_hash(p, pair_hash(address), slot);
	p->n_entries++;
}

/* Takes out the entry of a block. */
static inline void pair_take(struct pair *p, struct pair_place at, uint64_t address)
{
	uint32_t mask = (1u << p->log2) - 1;

	for (uint32_t i = pair_home(p, pair_hash(address)); __builtin_expect(i != at.bucket, 0);
	     i = (i + 1) & mask)
		p->bucket[i].n_passed--;
	p->bucket[at.bucket].hash[at.entry] = 0;
	p->n_entries--;
}

/* Brings what an event on this address will touch into the cache, in steps so that none waits for the
 * one before it: first its bucket, ... */
MEM_PREFETCHES void pair_fetch_bucket(const struct pair *p, uint64_t address)
{
	__builtin_prefetch(&p->bucket[pair_home(p, pair_hash(address))], 1);
}

/* ... then the block that the bucket seems to have: NULL none. */
MEM_PREFETCHES const struct block *pair_fetch_block(const struct pair *p, uint64_t address)
{
	uint32_t hash = pair_hash(address);
	const struct pair_bucket *b = &p->bucket[pair_home(p, hash)];
	uint32_t match = pair_match(b, hash);
	const struct block *block = match ? &p->block[b->slot[__builtin_ctz(match)]] : NULL;

	__builtin_prefetch(block, 1);
	return block;
}

/* ---- blocks ---- */

static inline struct block *pair_block_at(const struct pair *p, struct pair_place at)
{
	return &p->block[p->bucket[at.bucket].slot[at.entry]];
}

static inline uint32_t pair_slot_new(struct pair *p)
{
	uint32_t slot;

	p->n_live++;
	if (p->free_slot) {
		slot = p->free_slot - 1;
		p->free_slot = p->block[slot].position;
		return slot;
	}
	if (p->n_blocks == p->blocks_room)
		pair_pool_grow(p);
	return p->n_blocks++;
}

static inline void pair_slot_free(struct pair *p, struct block *b)
{
	b->flags = 0;
	b->address = 0;
	b->position = p->free_slot;
	p->free_slot = b->slot + 1;
	p->n_live--;
}

/* ---- steps ---- */

#define PAIR_STEP static inline __attribute__((always_inline))

PAIR_STEP struct block *pair_block_new(struct pair *p, const struct pair_sink *sink, void *context,
                                       const struct event *e, struct pair_thread *thread)
{
	uint32_t slot = pair_slot_new(p), site = sink->site_of(context, e);
	struct block *b = &p->block[slot];

	*b = (struct block){
		.address = e->address,
		.time_ns = e->time_ns,
		.size_bytes = e->size_bytes,
		.op = e->op & 15u,
		.domain = e->domain & 3u,
		.align_log2 = e->align_log2 & 63u,
		.flags = BLOCK_LIVE,
		.seq = e->seq,
		.bytes_before_high = (uint16_t)(p->allocated_bytes >> 32),
		.bytes_before_low = (uint32_t)p->allocated_bytes,
		.site_id = site,
		.slot = slot,
		.thread = e->thread,
		.class_id = e->class_id,
	};
	if (__builtin_expect(e->owner != 0, 0)) {
		const struct block *owner = pair_find(p, e->owner);
		b->owner_slot = owner ? owner->slot + 1 : 0;
		b->owner_serial = owner ? owner->serial : 0;
	}
	thread->n_allocs++;
	thread->last_address = e->address;
	p->n_allocs++;
	p->allocated_bytes += e->size_bytes;
	return b;
}

PAIR_STEP void pair_block_end(struct pair *p, const struct pair_sink *sink, void *context,
                              struct block *b, const struct event *e, bool implied)
{
	p->n_frees++;
	sink->on_free(context, b, e, implied);
	pair_slot_free(p, b);
}

/* The new block of a realloc takes the place of the old one. */
PAIR_STEP void pair_realloc(struct pair *p, const struct pair_sink *sink, void *context,
                            struct block *b, uint32_t old_slot, const struct event *e)
{
	struct block *old = &p->block[old_slot];
	struct pair_chain chain = pair_chain(p, old);

	chain.n++;
	*MEM_AT(p->chain, p->n_chains, b->slot) = chain;
	b->flags |= BLOCK_CHAINED;
	p->n_frees++;
	sink->on_realloc(context, old, b, e);
	pair_slot_free(p, old);
}

PAIR_STEP void pair_alloc(struct pair *p, const struct pair_sink *sink, void *context,
                          const struct event *e, struct pair_thread *thread)
{
	uint32_t pending = e->op == PTF_OP_REALLOC ? thread->pending : 0;

	if (!e->address)
		return; /* only damage can say so */
	struct pair_place at = pair_lookup(p, e->address);
	if (__builtin_expect(at.entry != PAIR_BUCKET, 0)) { /* its free was lost */
		struct block *former = pair_block_at(p, at);
		pair_take(p, at, e->address);
		p->double_allocs++;
		pair_block_end(p, sink, context, former, e, true);
	}

	struct block *b = pair_block_new(p, sink, context, e, thread);
	pair_put(p, e->address, b->slot);
	if (__builtin_expect(!pending, 1)) {
		sink->on_alloc(context, b, e);
		return;
	}
	thread->pending = 0;
	pair_realloc(p, sink, context, b, pending - 1, e);
}

/* The realloc under way has turned out to be a free. */
PAIR_STEP void pair_pending_end(struct pair *p, const struct pair_sink *sink, void *context,
                                struct pair_thread *thread)
{
	struct block *b = &p->block[thread->pending - 1];
	thread->pending = 0;
	pair_block_end(p, sink, context, b, &thread->pending_event, false);
}

PAIR_STEP void pair_free(struct pair *p, const struct pair_sink *sink, void *context,
                         const struct event *e, struct pair_thread *thread)
{
	struct pair_place at = pair_lookup(p, e->address);

	if (__builtin_expect(at.entry == PAIR_BUCKET, 0)) {
		p->unmatched_frees++;
		return;
	}
	struct block *b = pair_block_at(p, at);
	pair_take(p, at, e->address);
	if (__builtin_expect(e->op == PTF_OP_REALLOC_FREE, 0)) {
		thread->pending = b->slot + 1;
		thread->pending_event = *e;
		return;
	}
	pair_block_end(p, sink, context, b, e, false);
}

PAIR_STEP void pair_undo(struct pair *p, const struct pair_sink *sink, void *context,
                         struct pair_thread *thread)
{
	if (!thread->pending)
		return;
	struct block *b = &p->block[thread->pending - 1];
	struct pair_place at = pair_lookup(p, b->address);

	thread->pending = 0;
	p->undone_reallocs++;
	if (at.entry != PAIR_BUCKET)
		pair_block_end(p, sink, context, b, &thread->pending_event,
		               false); /* only damage can say so */
	else
		pair_put(p, b->address, b->slot);
}

PAIR_STEP void pair_class(struct pair *p, const struct pair_sink *sink, void *context,
                          const struct event *e)
{
	struct block *b = pair_find(p, e->address);
	if (!b || b->class_id == e->class_id)
		return;
	sink->on_class(context, b, e);
	b->class_id = e->class_id;
}

/* One event of kind ALLOC, FREE, UNDO or CLASS. */
PAIR_STEP void pair_event(struct pair *p, const struct pair_sink *sink, void *context,
                          const struct event *e)
{
	struct pair_thread *thread = pair_thread(p, e->thread);

	if (__builtin_expect(thread->pending, 0) && e->kind <= EVENT_FREE &&
	    e->op != PTF_OP_REALLOC)
		pair_pending_end(p, sink, context, thread);
	switch (e->kind) {
	case EVENT_ALLOC:
		pair_alloc(p, sink, context, e, thread);
		break;
	case EVENT_FREE:
		pair_free(p, sink, context, e, thread);
		break;
	case EVENT_UNDO:
		pair_undo(p, sink, context, thread);
		break;
	case EVENT_CLASS:
		pair_class(p, sink, context, e);
		break;
	}
}

/* Ends the blocks whose realloc never came back. */
PAIR_STEP void pair_finish(struct pair *p, const struct pair_sink *sink, void *context)
{
	for (uint32_t i = 0; i < p->n_threads; i++)
		if (p->thread[i].pending)
			pair_pending_end(p, sink, context, &p->thread[i]);
}

#endif
