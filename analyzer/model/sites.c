/*
 * Which site a block belongs to: by stack, then by class.  A stack has few classes, mostly one; they
 * hang in a list on the stack, found again with one load in the common case.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"

void sites_init(struct model *m)
{
	struct site_index *x = &m->state->index;
	x->n_stacks = m->trace->n_stacks;
	x->first_of_stack = mem_zalloc(x->n_stacks, sizeof *x->first_of_stack);
}

static struct site *site_new(struct model *m, uint32_t stack, uint32_t class_id)
{
	struct model_state *st = m->state;
	uint32_t id = m->n_sites++;
	if (id / SITE_SEGMENT == st->n_segments)
		*MEM_PUSH(st->segment, st->n_segments,
		          st->segments_room) = mem_zalloc(SITE_SEGMENT, sizeof(struct site));
	struct site *s = sites_building(m, id);
	s->id = id;
	s->stack = stack;
	s->class_id = class_id;
	s->state = mem_zalloc(1, sizeof *s->state);
	s->state->next_of_stack = st->index.first_of_stack[stack];
	st->index.first_of_stack[stack] = id + 1;
	return s;
}

struct site *sites_get(struct model *m, uint32_t stack, uint32_t class_id)
{
	const struct site_index *x = &m->state->index;
	if (stack >= x->n_stacks)
		stack = 0;
	for (uint32_t i = x->first_of_stack[stack]; i;) {
		struct site *s = sites_building(m, i - 1);
		if (s->class_id == class_id)
			return s;
		i = s->state->next_of_stack;
	}
	return site_new(m, stack, class_id);
}

const struct site *sites_find(const struct model *m, uint32_t stack, uint32_t class_id)
{
	const struct site_index *x = &m->state->index;
	if (stack >= x->n_stacks)
		stack = 0;
	for (uint32_t i = x->first_of_stack[stack]; i; i = m->sites[i - 1].state->next_of_stack)
		if (m->sites[i - 1].class_id == class_id)
			return &m->sites[i - 1];
	return NULL;
}

void sites_settle(struct model *m)
{
	struct model_state *st = m->state;
	m->sites = mem_alloc((m->n_sites + 1) * sizeof *m->sites);
	for (uint32_t i = 0; i < st->pair.n_blocks; i++) {
		struct block *b = &st->pair.block[i];
		if (b->flags & BLOCK_LIVE) {
			b->site = &m->sites[b->site->id];
			b->origin = &m->sites[b->origin->id];
		}
	}
	for (uint32_t i = 0; i < st->n_segments; i++) {
		uint32_t first = i * SITE_SEGMENT;
		uint32_t n = m->n_sites - first < SITE_SEGMENT ? m->n_sites - first : SITE_SEGMENT;
		memcpy(&m->sites[first], st->segment[i], n * sizeof *m->sites);
		free(st->segment[i]);
	}
	free(st->segment);
	st->segment = NULL;
	st->n_segments = 0;
}

void sites_release(struct model *m)
{
	for (uint32_t i = 0; m->sites && i < m->n_sites; i++) {
		struct site *s = &m->sites[i];
		hist_release(&s->chain_length);
		hist_release(&s->final_size);
		hist_release(&s->lifetime_ns);
		hist_release(&s->lifetime_events);
		hist_release(&s->lifetime_bytes);
		hist_release(&s->size);
		hist_release(&s->concurrency);
		tally_release(&s->sizes);
		tally_release(&s->freers);
		free(s->threads);
		free(s->state);
	}
	free(m->sites);
	free(m->state->index.first_of_stack);
}
