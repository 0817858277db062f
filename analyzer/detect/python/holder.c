/*
 * See holder.h.
 */
#include "holder.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MOST 24u

/* ---- the graph ---- */

bool holder_is_type(const struct heap_graph *g, uint32_t node, const char *name)
{
	const char *type = heap_type_at(g, node)->name, *dot = strrchr(type, '.');

	return !strcmp(dot ? dot + 1 : type, name);
}

uint32_t holder_parent(const struct heap_graph *g, uint32_t node)
{
	uint32_t parent = g->node[node].parent;

	return parent == HEAP_NONE || parent == g->top ? HEAP_NONE : parent;
}

bool holder_is_of_callable(const struct heap_graph *g, uint32_t node)
{
	uint32_t parent = holder_parent(g, node);

	return g->node[node].kind == HEAP_CONTAINER && parent != HEAP_NONE &&
	       (g->node[parent].kind == HEAP_PARTIAL || g->node[parent].kind == HEAP_FUNCTION);
}

/* Named ones and structseqs, too: an event of a scheduler, say. */
static bool is_tuple(const struct heap_graph *g, uint32_t node)
{
	return !strcmp(heap_type_at(g, node)->base, "tuple") || holder_is_type(g, node, "tuple");
}

uint32_t holder_container(const struct heap_graph *g, uint32_t node)
{
	uint32_t at = holder_parent(g, node);

	for (unsigned i = 0; i < STEPS_MOST && at != HEAP_NONE; i++, at = holder_parent(g, at)) {
		enum heap_kind kind = g->node[at].kind;

		if (kind == HEAP_ROOT_C)
			return at;
		if (kind >= HEAP_ROOT_MODULE || kind == HEAP_CLASS)
			return HEAP_NONE;
		if (kind == HEAP_CONTAINER && !holder_is_of_callable(g, at) && !is_tuple(g, at) &&
		    !holder_is_type(g, at, "dict"))
			return at;
		/* A dict of attributes is none, one of entries is. */
		if (kind == HEAP_CONTAINER && holder_is_type(g, at, "dict") &&
		    strcmp(heap_name(g, g->edge[g->node[at].parent_edge].name), "__dict__") &&
		    g->node[holder_parent(g, at)].kind != HEAP_ROOT_MODULE)
			return at;
	}
	return HEAP_NONE;
}

/* ---- grouping ---- */

/* A sixteenth of the run is "long before". */
static bool is_older(const struct heap_graph *g, uint32_t instance, uint32_t via)
{
	const struct heap_node *x = &g->node[instance], *y = &g->node[via];

	return x->born && y->born && y->born > x->born &&
	       y->born - x->born > g->last_seq / HEAP_STEPS;
}

void holding_count(const struct py_heap *h, struct holdings_list *l, const struct holding *like)
{
	const struct heap_graph *g = h->graph[like->graph];
	struct holding *k = NULL;

	for (uint32_t i = 0; i < l->n && !k; i++)
		if (l->list[i].graph == like->graph && l->list[i].holder == like->holder &&
		    l->list[i].class_id == like->class_id && l->list[i].how == like->how)
			k = &l->list[i];
	if (!k) {
		k = MEM_PUSH(l->list, l->n, l->room);
		*k = *like;
		k->n = k->bytes = k->n_older = 0;
	}
	k->n++;
	k->bytes += g->node[like->sample].retained_bytes;
	k->n_older += is_older(g, like->sample, like->via);
}

/* Of holdings like this one in a graph. */
static uint64_t bytes_of_kind(const struct holdings_list *l, uint32_t graph,
                              const struct holding *like)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < l->n; i++)
		if (l->list[i].graph == graph && l->list[i].class_id == like->class_id &&
		    (like->class_id || l->list[i].how == like->how))
			bytes += l->list[i].bytes;
	return bytes;
}

static int by_bytes(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->holder < y->holder ? -1 : x->holder > y->holder;
}

void holdings_settle(const struct py_heap *h, struct holdings_list *l)
{
	uint32_t n = 0;
	bool *keep = mem_zalloc(l->n + 1, sizeof *keep);

	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t own = bytes_of_kind(l, l->list[i].graph, &l->list[i]);

		keep[i] = true;
		for (uint32_t g = 0; g < h->n; g++) {
			uint64_t other = bytes_of_kind(l, g, &l->list[i]);

			/* Of two alike the one at exit, which is the last. */
			if (g > l->list[i].graph ? other >= own : other > own)
				keep[i] = false;
		}
	}
	for (uint32_t i = 0; i < l->n; i++)
		if (keep[i])
			l->list[n++] = l->list[i];
	l->n = n;
	free(keep);
	if (n)
		qsort(l->list, n, sizeof *l->list, by_bytes);
}
