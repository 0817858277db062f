/*
 * Which site follows which on a thread: capped table of pairs.  When it is full new pairs are not
 * counted; the frequent ones came early.
 */
#include <stdlib.h>

#include "model_state.h"

#define EDGE_FIRST_SLOTS 64u

void edges_init(struct edge_table *t)
{
	t->n_slots = EDGE_FIRST_SLOTS;
	t->slot = mem_zalloc(t->n_slots, sizeof *t->slot);
}

void edges_release(struct edge_table *t)
{
	free(t->slot);
	free(t->edge);
	*t = (struct edge_table){0};
}

static uint32_t *edge_slot(const struct edge_table *t, uint32_t a, uint32_t b)
{
	uint64_t key = (uint64_t)a << 32 | b;
	uint32_t i = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & (t->n_slots - 1);
	while (t->slot[i] && (t->edge[t->slot[i] - 1].a != a || t->edge[t->slot[i] - 1].b != b))
		i = (i + 1) & (t->n_slots - 1);
	return &t->slot[i];
}

static void edges_index(struct edge_table *t, uint32_t n_slots)
{
	free(t->slot);
	t->n_slots = n_slots;
	t->slot = mem_zalloc(n_slots, sizeof *t->slot);
	for (uint32_t i = 0; i < t->n; i++)
		*edge_slot(t, t->edge[i].a, t->edge[i].b) = i + 1;
}

static uint32_t edge_new(struct edge_table *t, uint32_t a, uint32_t b)
{
	if (t->n == MODEL_EDGES_CAP)
		return 0;
	if (t->n >= t->n_slots / 2)
		edges_index(t, t->n_slots * 2);
	*MEM_PUSH(t->edge, t->n, t->room) = (struct site_edge){.a = a, .b = b};
	*edge_slot(t, a, b) = t->n;
	return t->n;
}

uint32_t edges_get(struct edge_table *t, uint32_t a, uint32_t b)
{
	uint32_t known = *edge_slot(t, a, b);
	return known ? known : edge_new(t, a, b);
}

static int edges_by_weight(const void *x, const void *y)
{
	const struct site_edge *a = x, *b = y;
	if (a->co_allocs != b->co_allocs)
		return a->co_allocs < b->co_allocs ? 1 : -1;
	if (a->co_frees != b->co_frees)
		return a->co_frees < b->co_frees ? 1 : -1;
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

/* The table becomes m->edges, sorted, and can still be searched. */
void edges_settle(struct model *m)
{
	struct edge_table *t = &m->state->edges;
	if (t->n)
		qsort(t->edge, t->n, sizeof *t->edge, edges_by_weight);
	edges_index(t, t->n_slots);
	m->edges = t->edge;
	m->n_edges = t->n;
}

const struct site_edge *model_edge(const struct model *m, uint32_t a, uint32_t b)
{
	const struct edge_table *t = &m->state->edges;
	uint32_t i = *edge_slot(t, a, b);
	return i ? &t->edge[i - 1] : NULL;
}
