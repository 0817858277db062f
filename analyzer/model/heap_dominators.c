/*
 * Roots, shortest paths, dominators and retained bytes of a heap graph; see heap_graph.h.
 */
#include <stdlib.h>
#include <string.h>

#include "model/heap_graph.h"

struct work {
	struct heap_graph *g;
	uint32_t *
		order; /* reachable nodes, top first: breadth first, then in the preorder of a depth-first walk */
	uint32_t n;
	uint32_t *rank;  /* of a node: its place in the preorder, HEAP_NONE: not reachable */
	uint32_t *above; /* by place: that of its parent in the walk */
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

/* Preorder of what the top reaches, without recursion. */
static void order_nodes(struct work *w)
{
	struct heap_graph *g = w->g;
	uint32_t *stack = mem_alloc((g->n_nodes + 1ull) * sizeof *stack);
	uint32_t *next = mem_zalloc(g->n_nodes + 1ull, sizeof *next); /* edges gone */
	uint32_t depth = 0;

	for (uint32_t i = 0; i < g->n_nodes; i++)
		w->rank[i] = HEAP_NONE;
	w->n = 0;
	w->rank[g->top] = 0;
	w->order[w->n++] = stack[depth++] = g->top;
	while (depth) {
		uint32_t i = stack[depth - 1];
		const struct heap_node *x = &g->node[i];

		if (next[i] == x->n_edges) {
			depth--;
			continue;
		}
		uint32_t target = g->edge[x->first_edge + next[i]++].target;
		if (w->rank[target] != HEAP_NONE)
			continue;
		w->above[w->n] = w->rank[i];
		w->rank[target] = w->n;
		w->order[w->n++] = stack[depth++] = target;
	}
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

/* Lengauer and Tarjan's forest, by place in the preorder. */
struct forest {
	uint32_t *semi, *label, *ancestor; /* ancestor HEAP_NONE: a root */
	uint32_t *bucket, *next;           /* lists of the nodes whose semidominator it is */
	uint32_t *path, *dom;
};

static struct forest forest_new(uint32_t n)
{
	struct forest f;
	uint32_t **row[] = {&f.semi, &f.label, &f.ancestor, &f.bucket, &f.next, &f.path, &f.dom};

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		*row[i] = mem_alloc((n + 1ull) * sizeof **row[i]);
	for (uint32_t i = 0; i < n; i++) {
		f.semi[i] = f.label[i] = i;
		f.ancestor[i] = f.bucket[i] = HEAP_NONE;
		f.dom[i] = 0;
	}
	return f;
}

static void forest_free(struct forest *f)
{
	uint32_t *row[] = {f->semi, f->label, f->ancestor, f->bucket, f->next, f->path, f->dom};

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		free(row[i]);
}

/* The node with the least semidominator on the path to the root, without the root; compresses the path. */
static uint32_t forest_least(struct forest *f, uint32_t v)
{
	uint32_t n = 0;

	if (f->ancestor[v] == HEAP_NONE)
		return v;
	for (uint32_t at = v; f->ancestor[f->ancestor[at]] != HEAP_NONE; at = f->ancestor[at])
		f->path[n++] = at;
	while (n) {
		uint32_t at = f->path[--n], up = f->ancestor[at];

		if (f->semi[f->label[up]] < f->semi[f->label[at]])
			f->label[at] = f->label[up];
		f->ancestor[at] = f->ancestor[up];
	}
	return f->label[v];
}

static void find_semidominator(const struct work *w, struct forest *f, uint32_t i)
{
	uint32_t node = w->order[i];

	for (uint32_t k = w->first[node]; k < w->first[node + 1]; k++) {
		uint32_t least = forest_least(f, w->rank[w->before[k]]);

		if (f->semi[least] < f->semi[i])
			f->semi[i] = f->semi[least];
	}
	f->next[i] = f->bucket[f->semi[i]];
	f->bucket[f->semi[i]] = i;
}

/* Time: edges times the logarithm of the nodes, also for a list of a million links. */
static void find_dominators(struct work *w)
{
	struct forest f = forest_new(w->n);

	for (uint32_t i = w->n; i-- > 1;) {
		uint32_t parent = w->above[i];

		find_semidominator(w, &f, i);
		f.ancestor[i] = parent;
		for (uint32_t v = f.bucket[parent]; v != HEAP_NONE; v = f.next[v]) {
			uint32_t least = forest_least(&f, v);

			f.dom[v] = f.semi[least] < f.semi[v] ? least : parent;
		}
		f.bucket[parent] = HEAP_NONE;
	}
	w->g->node[w->g->top].dominator = w->g->top;
	for (uint32_t i = 1; i < w->n; i++) {
		if (f.dom[i] != f.semi[i])
			f.dom[i] = f.dom[f.dom[i]];
		w->g->node[w->order[i]].dominator = w->order[f.dom[i]];
	}
	forest_free(&f);
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

/* Numbers such that a node has a row of them with all that it dominates. */
static void number_retained(struct work *w)
{
	struct heap_graph *g = w->g;
	uint32_t *next = mem_zalloc(g->n_nodes + 1ull, sizeof *next);

	next[g->top] = 1;
	for (uint32_t i = 1; i < w->n; i++) {
		struct heap_node *x = &g->node[w->order[i]];

		x->place = next[x->dominator];
		next[x->dominator] += x->n_retained;
		next[w->order[i]] = x->place + 1;
	}
	free(next);
}

void heap_graph_dominate(struct heap_graph *g)
{
	struct work w = {.g = g};

	w.order = mem_alloc((g->n_nodes + 1ull) * sizeof *w.order);
	w.rank = mem_alloc((g->n_nodes + 1ull) * sizeof *w.rank);
	w.above = mem_zalloc(g->n_nodes + 1ull, sizeof *w.above);
	find_paths(&w);
	order_nodes(&w);
	collect_predecessors(&w);
	find_dominators(&w);
	sum_retained(&w);
	number_retained(&w);
	free(w.order);
	free(w.rank);
	free(w.above);
	free(w.first);
	free(w.before);
}
