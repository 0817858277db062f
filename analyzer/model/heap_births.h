/*
 * When and where the objects of heap graphs were allocated: their block addresses are looked up in a pass
 * over the events, as an observer.
 */
#ifndef PT_MODEL_HEAP_BIRTHS_H
#define PT_MODEL_HEAP_BIRTHS_H

#include "model/heap_graph.h"
#include "model/model.h"

#define HEAP_BIRTHS_GRAPHS 2u

struct heap_births {
	struct heap_graph *graph[HEAP_BIRTHS_GRAPHS];
	uint32_t n;
	struct heap_place *place;  /* by address */
	uint64_t *address_of_slot; /* of the block that was in a slot last */
	uint32_t n_slots;
	uint64_t mask;
};

/* The graphs, none of them NULL, at most HEAP_BIRTHS_GRAPHS.  Returns how many observers it wants: 0 or 1. */
uint32_t heap_births_watch(struct heap_births *b, struct heap_graph *const *graphs, uint32_t n,
                           struct model_observer *out);
void heap_births_watched(struct heap_births *b);

#endif
