/* See holders.h. */
#include "report/holders.h"

#include <stdlib.h>

#include "util/mem.h"

#define LEAST_PERCENT 2u /* of what the graph's objects take */
#define LEAST_BYTES 262144u

/* Largest objects none of which retains another: what one would let go of. */
struct choice {
	const struct heap_graph *g;
	uint32_t *list, n, room;
};

static int by_retained(const void *a, const void *b, void *context)
{
	const struct heap_graph *g = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (g->node[x].retained_bytes != g->node[y].retained_bytes)
		return g->node[x].retained_bytes < g->node[y].retained_bytes ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* The entries of a dict show whether it belongs to a module or to an instance. */
static bool is_worth_telling(const struct heap_graph *g, uint32_t i, uint64_t least)
{
	const struct heap_node *x = &g->node[i];

	if (x->retained_bytes < least)
		return false;
	return x->kind == HEAP_CACHE || x->kind == HEAP_GENERATOR || x->kind == HEAP_EXCEPTION ||
	       (x->kind == HEAP_CONTAINER && x->parent != HEAP_NONE &&
	        g->node[x->parent].kind != HEAP_ROOT_MODULE &&
	        g->node[x->parent].kind != HEAP_INSTANCE) ||
	       x->kind == HEAP_INSTANCE;
}

static bool is_inside_chosen(const struct choice *c, uint32_t i)
{
	for (uint32_t k = 0; k < c->n; k++)
		if (heap_is_retained_by(c->g, i, c->list[k]))
			return true;
	return false;
}

static void holders_collect(struct choice *c, uint32_t most)
{
	const struct heap_graph *g = c->g;
	uint64_t least = g->node[g->top].retained_bytes * LEAST_PERCENT / 100;
	uint32_t *all = NULL, n = 0, room = 0;

	for (uint32_t i = 0; i < g->n_objects; i++)
		if (is_worth_telling(g, i, least > LEAST_BYTES ? least : LEAST_BYTES))
			*MEM_PUSH(all, n, room) = i;
	if (n)
		qsort_r(all, n, sizeof *all, by_retained, (void *)(uintptr_t)g);
	for (uint32_t i = 0; i < n && c->n < most; i++)
		if (!is_inside_chosen(c, all[i]))
			*MEM_PUSH(c->list, c->n, c->room) = all[i];
	free(all);
}

uint32_t *holders_choose(const struct heap_graph *g, uint32_t most, uint32_t *n)
{
	struct choice c = {.g = g};
	holders_collect(&c, most);
	*n = c.n;
	return c.list;
}

const char *holders_moment(const struct heap_graph *g)
{
	return g->moment == PTF_HEAP_AT_EXIT ? "at exit" : "near the highest resident memory";
}
