/*
 * Growth by copying: a container that asks for a larger block and then gives the smaller one back,
 * which is what std::vector does where C programs call realloc.
 *
 * It is recognised by two events that follow each other on one thread: an allocation, then the release of a
 * smaller block of the same place, smaller by a factor of at most COPY_GROWTH_MAX.  A step by less than
 * COPY_GROWTH_MIN is *small*.  One small step is no evidence, since blocks of random sizes that replace each other
 * make such steps, too; a long row of them is a container that asks for exactly what it needs next.
 */
#ifndef COPY_GROWTH_H
#define COPY_GROWTH_H

#include "model/model.h"

#define COPY_GROWTH_MIN 1.2
#define COPY_GROWTH_MAX 4.0

struct copy_growth_last {
	uint64_t size_bytes;
	uint64_t tag;  /* the caller's: where it recorded the allocation */
	uint32_t slot; /* of the block allocated last on this thread */
	uint32_t
		place; /* its place, in the caller's numbering; 0: the last event was no allocation */
};

struct copy_growth {
	struct copy_growth_last *threads;
	uint32_t n_threads;
};

void copy_growth_init(struct copy_growth *g);
void copy_growth_release(struct copy_growth *g);
void copy_growth_on_alloc(struct copy_growth *g, const struct block *b, uint32_t place,
                          uint64_t tag);
/* True if growing from one size to the other is a small step. */
bool copy_growth_is_small(uint64_t from_bytes, uint64_t to_bytes);
/* The allocation that replaces b, which is being freed; NULL when it is just a free. */
const struct copy_growth_last *copy_growth_on_free(struct copy_growth *g, const struct block *b,
                                                   uint32_t place, uint32_t thread,
                                                   struct copy_growth_last *room);

#endif
