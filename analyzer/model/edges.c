/*
 * Which site follows which on a thread: capped table of pairs.  When it is full new pairs are not
 * counted; the frequent ones came early.
 *
 * Pairs are counted in batches: where many sites take turns, each one lies somewhere else in the table,
 * and the places of a batch are fetched together.
 */
#include <stdlib.h>

#include "model_state.h"

#define FIRST_SLOTS 64u
#define AHEAD 12u /* pairs ahead that are fetched */

void edges_init(struct edge_table *t)
{
	t->n_slots = FIRST_SLOTS;
	t->slot = mem_zalloc(t->n_slots, sizeof *t->slot);
}

void edges_release(struct edge_table *t)
{
	free(t->slot);
	free(t->edge);
	free(t->waiting);
	*t = (struct edge_table){0};
}

static uint32_t home_of(const struct edge_table *t, uint32_t a, uint32_t b)
{
	uint64_t key = (uint64_t)a << 32 | b;
	return (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & (t->n_slots - 1);
}

static struct edge_slot *edges_slot_of(const struct edge_table *t, uint32_t a, uint32_t b)
{
	uint32_t i = home_of(t, a, b);
	while (t->slot[i].edge && (t->slot[i].a != a || t->slot[i].b != b))
		i = (i + 1) & (t->n_slots - 1);
	return &t->slot[i];
}

static void edges_index(struct edge_table *t, uint32_t n_slots)
{
	free(t->slot);
	t->n_slots = n_slots;
	t->slot = mem_zalloc(n_slots, sizeof *t->slot);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct site_edge *e = &t->edge[i];
		*edges_slot_of(t, e->a, e->b) = (struct edge_slot){e->a, e->b, i + 1};
	}
}

/* The edge's number + 1, 0 when there is no room. */
static uint32_t edge_new(struct edge_table *t, uint32_t a, uint32_t b)
{
	if (t->n == MODEL_EDGES_CAP)
		return 0;
	if (t->n >= t->n_slots / 2)
		edges_index(t, t->n_slots * 2);
	*MEM_PUSH(t->edge, t->n, t->room) = (struct site_edge){.a = a, .b = b};
	*edges_slot_of(t, a, b) = (struct edge_slot){a, b, t->n};
	return t->n;
}

static void edge_count(struct edge_table *t, const struct edge_pair *p)
{
	uint32_t a = p->a, b = p->b, known = edges_slot_of(t, a, b)->edge;
	if (!known)
		known = edge_new(t, a, b);
	if (known && p->is_free)
		t->edge[known - 1].co_frees++;
	else if (known)
		t->edge[known - 1].co_allocs++;
}

void edges_flush(struct edge_table *t)
{
	for (uint32_t i = 0; i < t->n_waiting; i++) {
		if (i + AHEAD < t->n_waiting) {
			const struct edge_pair *p = &t->waiting[i + AHEAD];
			__builtin_prefetch(&t->slot[home_of(t, p->a, p->b)]);
		}
		edge_count(t, &t->waiting[i]);
	}
	t->n_waiting = 0;
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
	edges_flush(t);
	free(t->waiting);
	t->waiting = NULL;
	if (t->n)
		qsort(t->edge, t->n, sizeof *t->edge, edges_by_weight);
	edges_index(t, t->n_slots);
	m->edges = t->edge;
	m->n_edges = t->n;
}

const struct site_edge *model_edge(const struct model *m, uint32_t a, uint32_t b)
{
	const struct edge_table *t = &m->state->edges;
	uint32_t i = edges_slot_of(t, a, b)->edge;
	return i ? &t->edge[i - 1] : NULL;
}
