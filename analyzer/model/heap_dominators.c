/*
 * Roots, shortest paths, dominators and retained bytes of a heap graph; see heap_graph.h.
 */
#include <stdlib.h>
#include <string.h>

#include "model/heap_graph.h"

struct work {
	struct heap_graph *g;
	uint32_t *order; /* reachable nodes, top first: breadth first, then in reverse postorder */
	uint32_t n;
	uint32_t *rank;  /* place in the reverse postorder, HEAP_NONE: not reachable */
	uint32_t *first; /* of a node's predecessors in `before` */
	uint32_t *before;
};

/* ---- roots ---- */

static void add_edge(struct heap_graph *g, uint32_t from, uint32_t to)
{
	g->edge[g->n_edges++] = (struct heap_edge){to, HEAP_NAME_NONE};
	g->node[from].n_edges++;
}

/* Marks all that can be reached from what is in `order`, breadth first, and notes the way. */
static void spread(struct work *w, uint32_t at)
{
	struct heap_graph *g = w->g;

	for (; at < w->n; at++) {
		const struct heap_node *x = &g->node[w->order[at]];

		for (uint32_t e = x->first_edge; e < x->first_edge + x->n_edges; e++) {
			struct heap_node *y = &g->node[g->edge[e].target];

			if (y->parent != HEAP_NONE || g->edge[e].target == g->top)
				continue;
			y->parent = w->order[at];
			y->parent_edge = e;
			w->order[w->n++] = g->edge[e].target;
		}
	}
}

/* References to each object that the graph explains. */
static uint32_t *count_references(const struct heap_graph *g)
{
	uint32_t *n = mem_zalloc(g->n_objects + 1, sizeof *n);

	for (uint32_t i = 0; i < g->n_objects; i++)
		for (uint32_t e = 0; e < g->node[i].n_edges; e++)
			n[g->edge[g->node[i].first_edge + e].target]++;
	return n;
}

/* Loose objects hang on a root: what has more references than objects hold it by, on C code. */
static void hang_loose(struct work *w, enum heap_kind kind)
{
	struct heap_graph *g = w->g;
	uint32_t root = kind == HEAP_ROOT_C ? g->top - 2 : g->top - 1, start = w->n;
	uint32_t *known = count_references(g);

	g->node[root].first_edge = g->n_edges;
	for (uint32_t i = 0; i < g->n_objects; i++) {
		struct heap_node *x = &g->node[i];

		if (!x->is_loose || x->parent != HEAP_NONE ||
		    (kind == HEAP_ROOT_C && x->references && x->references <= known[i]))
			continue;
		add_edge(g, root, i);
	}
	free(known);
	w->order[w->n++] = root;
	g->node[root].parent = g->top;
	spread(w, start);
}

static void find_paths(struct work *w)
{
	struct heap_graph *g = w->g;
	uint32_t n_loose = 0;

	for (uint32_t i = 0; i < g->n_nodes; i++) {
		g->node[i].parent = HEAP_NONE;
		g->node[i].dominator = HEAP_NONE;
		n_loose += g->node[i].is_loose;
	}
	g->edge = mem_realloc(g->edge,
	                      (g->n_edges + 2ull * n_loose + g->n_nodes) * sizeof *g->edge);
	w->order[w->n++] = g->top;
	for (uint32_t i = g->n_objects; i + 3 < g->n_nodes; i++) {
		g->node[i].parent = g->top;
		w->order[w->n++] = i;
	}
	spread(w, 1);
	hang_loose(w, HEAP_ROOT_C);
	hang_loose(w, HEAP_ROOT_GARBAGE);
	g->node[g->top].first_edge = g->n_edges;
	for (uint32_t i = g->n_objects; i < g->top; i++)
		add_edge(g, g->top, i);
}

/* ---- dominators ---- */

/* Reverse postorder of what the top reaches, without recursion. */
static void order_nodes(struct work *w)
{
	struct heap_graph *g = w->g;
	uint32_t *stack = mem_alloc((g->n_nodes + 1ull) * sizeof *stack);
	uint32_t *next = mem_zalloc(g->n_nodes + 1ull, sizeof *next); /* edges gone, + 1 */
	uint32_t depth = 0, at = g->n_nodes;

	stack[depth++] = g->top;
	next[g->top] = 1;
	while (depth) {
		uint32_t i = stack[depth - 1];
		const struct heap_node *x = &g->node[i];

		if (next[i] > x->n_edges) {
			w->order[--at] = i;
			depth--;
			continue;
		}
		uint32_t target = g->edge[x->first_edge + next[i]++ - 1].target;
		if (!next[target]) {
			next[target] = 1;
			stack[depth++] = target;
		}
	}
	w->n = g->n_nodes - at;
	memmove(w->order, w->order + at, w->n * sizeof *w->order);
	for (uint32_t i = 0; i < g->n_nodes; i++)
		w->rank[i] = HEAP_NONE;
	for (uint32_t i = 0; i < w->n; i++)
		w->rank[w->order[i]] = i;
	free(stack);
	free(next);
}

static void collect_predecessors(struct work *w)
{
	struct heap_graph *g = w->g;
	uint64_t n = 0;

	w->first = mem_zalloc(g->n_nodes + 2ull, sizeof *w->first);
	for (uint32_t i = 0; i < w->n; i++) {
		const struct heap_node *x = &g->node[w->order[i]];

		for (uint32_t e = 0; e < x->n_edges; e++, n++)
			w->first[g->edge[x->first_edge + e].target + 2]++;
	}
	for (uint32_t i = 2; i < g->n_nodes + 2; i++)
		w->first[i] += w->first[i - 1];
	w->before = mem_alloc((n + 1) * sizeof *w->before);
	for (uint32_t i = 0; i < w->n; i++) {
		const struct heap_node *x = &g->node[w->order[i]];

		for (uint32_t e = 0; e < x->n_edges; e++)
			w->before[w->first[g->edge[x->first_edge + e].target + 1]++] = w->order[i];
	}
}

static uint32_t heap_dominators_meet(const struct work *w, uint32_t a, uint32_t b)
{
	while (a != b) {
		while (w->rank[a] > w->rank[b])
			a = w->g->node[a].dominator;
		while (w->rank[b] > w->rank[a])
			b = w->g->node[b].dominator;
	}
	return a;
}

static void find_dominators(struct work *w)
{
	struct heap_graph *g = w->g;
	bool changed = true;

	g->node[g->top].dominator = g->top;
	while (changed) {
		changed = false;
		for (uint32_t i = 1; i < w->n; i++) {
			uint32_t b = w->order[i], found = HEAP_NONE;

			for (uint32_t k = w->first[b]; k < w->first[b + 1]; k++) {
				uint32_t p = w->before[k];

				if (g->node[p].dominator == HEAP_NONE)
					continue;
				found = found == HEAP_NONE ? p : heap_dominators_meet(w, p, found);
			}
			changed |= g->node[b].dominator != found;
			g->node[b].dominator = found;
		}
	}
}

static void sum_retained(struct work *w)
{
	struct heap_graph *g = w->g;

	for (uint32_t i = 0; i < g->n_nodes; i++) {
		g->node[i].retained_bytes = g->node[i].own_bytes;
		g->node[i].n_retained = 1;
	}
	for (uint32_t i = w->n; i-- > 1;) {
		struct heap_node *x = &g->node[w->order[i]], *d = &g->node[x->dominator];

		d->retained_bytes += x->retained_bytes;
		d->n_retained += x->n_retained;
	}
}

void heap_graph_dominate(struct heap_graph *g)
{
	struct work w = {.g = g};

	w.order = mem_alloc((g->n_nodes + 1ull) * sizeof *w.order);
	w.rank = mem_alloc((g->n_nodes + 1ull) * sizeof *w.rank);
	find_paths(&w);
	w.n = 0;
	order_nodes(&w);
	collect_predecessors(&w);
	find_dominators(&w);
	sum_retained(&w);
	free(w.order);
	free(w.rank);
	free(w.first);
	free(w.before);
}
