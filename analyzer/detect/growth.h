/*
 * Growth by copying: a container that asks for a larger block and then gives the smaller one back,
 * which is what std::vector does where C programs call realloc.
 *
 * The sign: on one thread an allocation, and as the very next event the release of a block of the
 * same place that is smaller by a factor between GROWTH_MIN and GROWTH_MAX.  Owns one entry a thread.
 */
#ifndef PT_DETECT_GROWTH_H
#define PT_DETECT_GROWTH_H

#include "model/model.h"

#define GROWTH_MIN 1.2
#define GROWTH_MAX 4.0

struct growth_last {
	uint64_t size_bytes;
	uint64_t tag;  /* the caller's: where it recorded the allocation */
	uint32_t slot; /* of the block allocated last on this thread */
	uint32_t
		place; /* its place, in the caller's numbering; 0: the last event was no allocation */
};

struct growth {
	struct growth_last *threads;
	uint32_t n_threads;
};

void growth_init(struct growth *g);
void growth_release(struct growth *g);
void growth_on_alloc(struct growth *g, const struct block *b, uint32_t place, uint64_t tag);
/* The allocation that replaces b, which is being freed; NULL when it is just a free. */
const struct growth_last *growth_on_free(struct growth *g, const struct block *b, uint32_t place,
                                         uint32_t thread, struct growth_last *room);

#endif
