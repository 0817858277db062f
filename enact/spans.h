/*
 * Memory of the pools: spans of whole granules in an address range that nobody else uses, so that a block from
 * a pool is known by its address.
 *
 * The range is not reserved in advance: RLIMIT_AS counts what is reserved, and mlockall() makes it resident.
 * A granule of the range is ours if spans_table names its span.
 */
#ifndef ENACT_SPANS_H
#define ENACT_SPANS_H

#include "base/pt.h"

#define SPAN_GRANULE 65536ull
#define SPAN_GRANULES (1u << 20) /* 64 GiB */

struct pool;

struct span {
	struct pool *pool;
	char *start;
	uint64_t bytes;
	struct span *next; /* of the same region */
};

extern uint64_t spans_start; /* of the range; before spans_init(): where no block is */
extern struct span *spans_table[SPAN_GRANULES];

void spans_init(void);

/* At least n_bytes, zeroed, for a pool; NULL: no memory. */
struct span *spans_new(struct pool *pool, uint64_t n_bytes);

/* Gives its memory back; the span must not be looked at any more. */
void spans_drop(struct span *s);

/* In a forked child. */
void spans_forget_lock(void);

/* The span of a block, NULL: the block is not from a pool. */
PT_INLINE struct span *span_of(const void *p)
{
	uint64_t at = (uint64_t)p - spans_start;
	return likely(at >= SPAN_GRANULES * SPAN_GRANULE)
	               ? NULL
	               : __atomic_load_n(&spans_table[at / SPAN_GRANULE], __ATOMIC_RELAXED);
}

#endif
