/*
 * See growth.h.
 */
#include "detect/growth.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void growth_init(struct growth *g)
{
	*g = (struct growth){0};
}

void growth_release(struct growth *g)
{
	free(g->threads);
	growth_init(g);
}

static struct growth_last *growth_thread(struct growth *g, uint32_t thread)
{
	return MEM_AT(g->threads, g->n_threads, thread);
}

void growth_on_alloc(struct growth *g, const struct block *b, uint32_t place, uint64_t tag)
{
	*growth_thread(g, b->thread) = (struct growth_last){
		.size_bytes = b->size_bytes,
		.tag = tag,
		.slot = b->slot,
		.place = place,
	};
}

const struct growth_last *growth_on_free(struct growth *g, const struct block *b, uint32_t place,
                                         uint32_t thread, struct growth_last *room)
{
	struct growth_last *last = growth_thread(g, thread);
	*room = *last;
	last->place = 0;
	if (!room->place || room->place != place || room->slot == b->slot)
		return NULL;
	double ratio = b->size_bytes ? (double)room->size_bytes / (double)b->size_bytes : 0;
	return ratio >= GROWTH_MIN && ratio <= GROWTH_MAX ? room : NULL;
}
