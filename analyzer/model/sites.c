/*
 * Which site a block belongs to: by stack, then by class.
 *
 * Most stacks have one class, so the site found last at a stack is tried first; what is not there is
 * looked up in a hash table of stack and class, so that hundreds of classes built on one line cost no
 * more than one.  The keys lie apart from the sites: finding one touches a quarter of a cache line.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"

#define FIRST_SLOTS 64u
#define FIRST_BYTES 4096u

/* Pages of their own: a million sites are not copied when they become two. */
static void sites_grow(struct model *m)
{
	uint32_t *room = &m->state->sites_room;
	size_t had = (size_t)*room * sizeof *m->sites, gets = had ? had * 2 : FIRST_BYTES;

	m->sites = mem_pages(m->sites, had, gets);
	*room = (uint32_t)(gets / sizeof *m->sites);
}

void sites_init(struct model *m)
{
	struct site_index *x = &m->state->index;
	x->n_stacks = m->trace->n_stacks;
	x->last_of_stack = mem_zalloc(x->n_stacks, sizeof *x->last_of_stack);
	x->n_slots = FIRST_SLOTS;
	x->slot = mem_zalloc(x->n_slots, sizeof *x->slot);
	sites_grow(m);
}

/* The slot of a key, or the empty one where it would be. */
static uint32_t *sites_slot_of(const struct site_index *x, uint32_t stack, uint32_t class_id)
{
	uint64_t key = (uint64_t)class_id << 32 | stack;
	uint32_t i = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & (x->n_slots - 1);
	while (x->slot[i] && (x->key[x->slot[i] - 1].stack != stack ||
	                      x->key[x->slot[i] - 1].class_id != class_id))
		i = (i + 1) & (x->n_slots - 1);
	return &x->slot[i];
}

static void sites_index_grow(struct site_index *x)
{
	x->n_slots *= 2;
	free(x->slot);
	x->slot = mem_zalloc(x->n_slots, sizeof *x->slot);
	for (uint32_t i = 0; i < x->n; i++)
		*sites_slot_of(x, x->key[i].stack, x->key[i].class_id) = i + 1;
}

static void site_new(struct model *m, uint32_t stack, uint32_t class_id)
{
	if (m->n_sites == m->state->sites_room)
		sites_grow(m);
	struct site *s = &m->sites[m->n_sites];
	s->id = m->n_sites++;
	s->stack = stack;
	s->class_id = class_id;
}

uint32_t sites_get_slow(struct model *m, uint32_t stack, uint32_t class_id)
{
	struct site_index *x = &m->state->index;
	uint32_t id = *sites_slot_of(x, stack, class_id);

	if (!id) {
		if (x->n >= x->n_slots / 2)
			sites_index_grow(x);
		site_new(m, stack, class_id);
		*MEM_PUSH(x->key, x->n, x->room) = (struct site_key){.stack = stack,
		                                                     .class_id = class_id};
		*sites_slot_of(x, stack, class_id) = id = x->n;
	}
	x->last_of_stack[stack] = id;
	return id - 1;
}

uint32_t sites_find(const struct model *m, uint32_t stack, uint32_t class_id)
{
	const struct site_index *x = &m->state->index;
	if (stack >= x->n_stacks)
		stack = 0;
	uint32_t id = x->last_of_stack[stack];
	if (id && x->key[id - 1].class_id == class_id)
		return id;
	id = *sites_slot_of(x, stack, class_id);
	if (id)
		x->last_of_stack[stack] = id;
	return id;
}

void sites_release(struct model *m)
{
	struct model_state *st = m->state;

	for (uint32_t i = 0; i < m->n_sites; i++)
		site_release(&m->sites[i]);
	mem_pages(m->sites, (size_t)st->sites_room * sizeof *m->sites, 0);
	free(st->index.last_of_stack);
	free(st->index.slot);
	free(st->index.key);
}
