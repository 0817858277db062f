/*
 * See heap_births.h.  The last allocation at an address before a graph's time is the object that the
 * graph shows there.
 */
#include "model/heap_births.h"

#include <stdlib.h>

struct heap_place {
	uint64_t address; /* 0: free */
	uint32_t node;
	uint8_t graph;
	bool is_storage;
};

static uint64_t heap_births_hash_of(uint64_t address)
{
	return address * 0x9E3779B97F4A7C15ull >> 20;
}

static void add(struct heap_births *b, uint64_t address, uint32_t graph, uint32_t node,
                bool is_storage)
{
	uint64_t i = heap_births_hash_of(address);

	if (!address)
		return;
	while (b->place[i & b->mask].address)
		i++;
	b->place[i & b->mask] = (struct heap_place){address, node, (uint8_t)graph, is_storage};
}

/* The instance in whose method the block was allocated, 0 none. */
static uint64_t owner_of(struct heap_births *b, const struct block *k)
{
	return k->owner_slot ? *MEM_AT(b->address_of_slot, b->n_slots, k->owner_slot - 1) : 0;
}

static void note(struct heap_births *b, const struct block *k)
{
	for (uint64_t i = heap_births_hash_of(k->address);; i++) {
		const struct heap_place *p = &b->place[i & b->mask];

		if (!p->address)
			return;
		if (p->address != k->address)
			continue;
		struct heap_graph *g = b->graph[p->graph];
		struct heap_node *x = &g->node[p->node];

		if (k->time_ns > g->time_ns)
			continue;
		if (p->is_storage) {
			x->storage_born = k->seq;
			x->storage_site = k->site_id;
			x->storage_owner = owner_of(b, k);
		} else {
			x->born = k->seq;
			x->born_ns = k->time_ns;
			x->site = k->site_id;
			x->owner = owner_of(b, k);
		}
	}
}

static void heap_births_on_alloc(void *context, const struct block *k, const struct event *e)
{
	struct heap_births *b = context;
	(void)e;

	for (uint32_t i = 0; i < b->n; i++)
		if (k->time_ns <= b->graph[i]->time_ns)
			b->graph[i]->last_seq = k->seq;
	note(b, k);
	*MEM_AT(b->address_of_slot, b->n_slots, k->slot) = k->address;
}

static void heap_births_on_realloc(void *context, const struct block *old, const struct block *new,
                                   const struct event *e)
{
	(void)old;
	heap_births_on_alloc(context, new, e);
}

uint32_t heap_births_watch(struct heap_births *b, struct heap_graph *const *graphs, uint32_t n,
                           struct model_observer *out)
{
	uint64_t n_places = 1;

	*b = (struct heap_births){.n = n};
	if (!n)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		b->graph[i] = graphs[i];
		n_places += 2ull * graphs[i]->n_objects;
	}
	for (b->mask = 1; b->mask < 2 * n_places; b->mask *= 2)
		;
	b->place = mem_zalloc(b->mask--, sizeof *b->place);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < graphs[i]->n_objects; k++) {
			add(b, graphs[i]->node[k].address, i, k, false);
			add(b, graphs[i]->node[k].storage, i, k, true);
		}
	*out = (struct model_observer){.context = b,
	                               .on_alloc = heap_births_on_alloc,
	                               .on_realloc = heap_births_on_realloc};
	return 1;
}

void heap_births_watched(struct heap_births *b)
{
	free(b->place);
	free(b->address_of_slot);
	b->place = NULL;
	b->address_of_slot = NULL;
}
