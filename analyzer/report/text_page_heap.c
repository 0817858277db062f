/*
 * WHO HOLDS IT: what retains most memory of a CPython process, at the highest resident memory that was looked
 * at and at exit, with the way to it.
 */
#include <stdlib.h>

#include "model/heap_graph.h"
#include "report/text_page.h"
#include "util/mem.h"
#include "util/text.h"

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

/* A module's dict and an instance's are told by what is in them. */
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

static void choose(struct choice *c, uint32_t most)
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

static void put_graph(const struct text_page *p, const struct heap_graph *g)
{
	struct choice c = {.g = g};
	char path[1000];

	choose(&c, p->top);
	fprintf(p->f, "  %s: %s in %s objects%s\n",
	        g->moment == PTF_HEAP_AT_EXIT ? "at exit" : "near the highest resident memory",
	        short_bytes((double)g->node[g->top].retained_bytes), short_count(g->n_objects),
	        g->cut || g->is_damaged ? " (cut short: lower bounds)" : "");
	for (uint32_t i = 0; i < c.n; i++) {
		const struct heap_node *x = &g->node[c.list[i]];

		heap_path_text(p->m, g, c.list[i], path, sizeof path);
		fprintf(p->f, "  %10s %8s objects  ", short_bytes((double)x->retained_bytes),
		        short_count(x->n_retained));
		text_put(p->f, path);
		fputc('\n', p->f);
	}
	free(c.list);
}

void text_page_heap(const struct text_page *p)
{
	const struct trace *t = p->m->trace;
	const uint32_t shown[] = {heap_graph_last_of(t, PTF_HEAP_AT_PEAK),
	                          heap_graph_last_of(t, PTF_HEAP_AT_EXIT)};

	if (!t->n_heaps)
		return;
	text_page_heading(p, "WHO HOLDS IT  retained bytes / with it / the way to it");
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		struct heap_graph *g = shown[i] != HEAP_NONE ? heap_graph_new(t, shown[i]) : NULL;

		if (g)
			put_graph(p, g);
		heap_graph_free(g);
	}
}
