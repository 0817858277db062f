/*
 * See copy_growth.h.
 */
#include "copy_growth.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void copy_growth_init(struct copy_growth *g)
{
	*g = (struct copy_growth){0};
}

void copy_growth_release(struct copy_growth *g)
{
	free(g->threads);
	copy_growth_init(g);
}

static struct copy_growth_last *copy_growth_thread(struct copy_growth *g, uint32_t thread)
{
	return MEM_AT(g->threads, g->n_threads, thread);
}

void copy_growth_on_alloc(struct copy_growth *g, const struct block *b, uint32_t place,
                          uint64_t tag)
{
	*copy_growth_thread(g, b->thread) = (struct copy_growth_last){
		.size_bytes = b->size_bytes,
		.tag = tag,
		.slot = b->slot,
		.place = place,
	};
}

bool copy_growth_is_small(uint64_t from_bytes, uint64_t to_bytes)
{
	return (double)to_bytes < COPY_GROWTH_MIN * (double)from_bytes;
}

const struct copy_growth_last *copy_growth_on_free(struct copy_growth *g, const struct block *b,
                                                   uint32_t place, uint32_t thread,
                                                   struct copy_growth_last *room)
{
	struct copy_growth_last *last = copy_growth_thread(g, thread);
	*room = *last;
	last->place = 0;
	if (!room->place || room->place != place || room->slot == b->slot)
		return NULL;
	bool grows = room->size_bytes > b->size_bytes &&
	             (double)room->size_bytes <= COPY_GROWTH_MAX * (double)b->size_bytes;
	return grows ? room : NULL;
}
