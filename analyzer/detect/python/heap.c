/*
 * See heap.h.
 */
#include "heap.h"
#include "owned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define DEEPEST 64u

/* Who refers to whom, and who is dominated by whom, the other way round. */
struct heap_tree {
	uint32_t *first_holder,
		*holder; /* of node i: holder[first_holder[i] .. first_holder[i + 1]) */
	uint32_t *first_child, *child; /* the same of what it dominates directly */
};

/* ---- loading ---- */

static struct heap_tree *process_tree_new(const struct heap_graph *g)
{
	struct heap_tree *t = mem_zalloc(1, sizeof *t);
	uint64_t n_edges = 0, n_children = 0;

	t->first_holder = mem_zalloc(g->n_nodes + 2ull, sizeof *t->first_holder);
	t->first_child = mem_zalloc(g->n_nodes + 2ull, sizeof *t->first_child);
	for (uint32_t i = 0; i < g->n_nodes; i++) {
		const struct heap_node *x = &g->node[i];

		for (uint32_t e = 0; e < x->n_edges; e++, n_edges++)
			t->first_holder[g->edge[x->first_edge + e].target + 2]++;
		if (x->dominator != HEAP_NONE && i != g->top) {
			t->first_child[x->dominator + 2]++;
			n_children++;
		}
	}
	for (uint32_t i = 2; i < g->n_nodes + 2; i++) {
		t->first_holder[i] += t->first_holder[i - 1];
		t->first_child[i] += t->first_child[i - 1];
	}
	t->holder = mem_alloc((n_edges + 1) * sizeof *t->holder);
	t->child = mem_alloc((n_children + 1) * sizeof *t->child);
	for (uint32_t i = 0; i < g->n_nodes; i++) {
		const struct heap_node *x = &g->node[i];

		for (uint32_t e = 0; e < x->n_edges; e++)
			t->holder[t->first_holder[g->edge[x->first_edge + e].target + 1]++] = i;
		if (x->dominator != HEAP_NONE && i != g->top)
			t->child[t->first_child[x->dominator + 1]++] = i;
	}
	return t;
}

static void process_tree_free(struct heap_tree *t)
{
	if (!t)
		return;
	free(t->first_holder);
	free(t->holder);
	free(t->first_child);
	free(t->child);
	free(t);
}

/* Once for each class: graphs have many instances. */
static void learn_origins(struct py_heap *h)
{
	h->n_classes = h->n ? h->m->trace->n_classes : 0;
	h->is_programs = mem_zalloc(h->n_classes + 1ull, sizeof *h->is_programs);
	for (uint32_t i = 0; h->n && i < h->m->n_classes; i++) {
		struct py_class k = py_class_at(h->m, h->census, i);

		if (k.stats->class_id && k.stats->class_id < h->n_classes)
			h->is_programs[k.stats->class_id] = py_class_is_users(h->m, &k) ||
			                                    (k.census &&
			                                     k.census->name.origin == ORIGIN_SITE);
	}
}

struct py_heap *py_heap_new(const struct model *m)
{
	static const uint32_t moments[] = {PTF_HEAP_AT_PEAK, PTF_HEAP_AT_EXIT};
	struct py_heap *h = mem_zalloc(1, sizeof *h);

	h->m = m;
	h->census = census_new(m);
	for (uint32_t i = 0; i < HEAP_BIRTHS_GRAPHS; i++) {
		uint32_t at = heap_graph_last_of(m->trace, moments[i]);
		struct heap_graph *g = at != HEAP_NONE ? heap_graph_new(m->trace, at) : NULL;

		if (!g)
			continue;
		h->tree[h->n] = process_tree_new(g);
		h->graph[h->n++] = g;
	}
	py_heap_weigh(h);
	learn_origins(h);
	return h;
}

uint32_t py_heap_watch(struct py_heap *h, struct model_observer *out)
{
	return heap_births_watch(&h->births, h->graph, h->n, out);
}

void py_heap_watched(struct py_heap *h)
{
	heap_births_watched(&h->births);
}

void py_heap_free(struct py_heap *h)
{
	if (!h)
		return;
	for (uint32_t i = 0; i < h->n; i++) {
		heap_graph_free(h->graph[i]);
		process_tree_free(h->tree[i]);
	}
	census_free(h->census);
	free(h->is_programs);
	free(h);
}

/* ---- objects ---- */

struct py_class py_heap_class(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	uint32_t class_id = heap_type_at(g, node)->class_id;
	struct py_class k = {class_id ? model_class(h->m, class_id) : NULL, NULL};

	if (k.stats)
		k.census = census_class_of(h->census, k.stats);
	return k;
}

bool py_heap_is_programs(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	uint32_t class_id;

	if (g->node[node].kind != HEAP_INSTANCE)
		return false;
	class_id = heap_type_at(g, node)->class_id;
	return class_id < h->n_classes && h->is_programs[class_id];
}

/* A module's file is a string of its dict only in the process; its functions' code is in the trace. */
static bool is_module_of_program(const struct py_heap *h, const char *name)
{
	const struct trace *t = h->m->trace;

	if (!strcmp(name, "__main__"))
		return true;
	for (uint32_t i = 0; i < h->census->n_classes; i++)
		if (!strcmp(h->census->classes[i].name.module, name))
			return h->census->classes[i].name.origin != ORIGIN_STDLIB;
	for (uint32_t i = 1; i < t->n_codes; i++) {
		const char *file = t->codes[i].file, *slash = strrchr(file, '/');
		size_t n = strlen(name);

		if (slash && !strncmp(slash + 1, name, n) && !strcmp(slash + 1 + n, ".py"))
			return !strstr(file, "/lib/python3") || strstr(file, "-packages/");
	}
	return false;
}

bool py_heap_is_below_program(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	for (unsigned i = 0; i < DEEPEST && node != HEAP_NONE && node != g->top; i++) {
		if (g->node[node].kind == HEAP_ROOT_MODULE)
			return is_module_of_program(h, heap_name(g, g->node[node].label));
		node = g->node[node].parent;
	}
	return false;
}

uint32_t py_heap_holders(const struct py_heap *h, uint32_t graph, uint32_t node, uint32_t *out,
                         uint32_t room)
{
	const struct heap_tree *t = h->tree[graph];
	uint32_t n = 0;

	for (uint32_t i = t->first_holder[node]; i < t->first_holder[node + 1] && n < room; i++)
		if (t->holder[i] != node &&
		    !heap_is_retained_by(h->graph[graph], t->holder[i], node))
			out[n++] = t->holder[i];
	return n;
}

/* ---- growth ---- */

bool py_site_is_under_constructor(const struct model *m, uint32_t site)
{
	enum { MAX_FRAMES = 256 };
	uint32_t frames[MAX_FRAMES],
		n = model_raw_stack(m, m->sites[site].stack, frames, MAX_FRAMES);

	for (uint32_t i = 0; i < n && i < MAX_FRAMES; i++) {
		uint32_t code = trace_frame(m->trace, frames[i])->code;

		if (code && !strcmp(trace_code(m->trace, code)->name, "__init__"))
			return true;
	}
	return false;
}

static void add_made(const struct py_heap *h, uint32_t graph, uint32_t node, uint64_t from,
                     struct heap_growth *out)
{
	const struct heap_graph *g = h->graph[graph];
	const struct heap_node *x = &g->node[node];
	uint64_t span = g->last_seq > from ? g->last_seq - from : 1, step;

	out->total += x->own_bytes;
	if (x->owner && x->owner == out->owner && x->site < h->m->n_sites &&
	    !py_site_is_under_constructor(h->m, x->site))
		out->own += x->own_bytes;
	if (x->born_ns > out->last_ns)
		out->last_ns = x->born_ns;
	if (!x->born || x->born < from)
		return;
	step = (x->born - from) * HEAP_STEPS / (span + 1);
	out->bytes[step < HEAP_STEPS ? step : HEAP_STEPS - 1] += x->own_bytes;
}

/* Sums over all that the node dominates. */
static void sum_made(const struct py_heap *h, uint32_t graph, uint32_t root, uint64_t from,
                     struct heap_growth *out)
{
	const struct heap_tree *t = h->tree[graph];
	uint32_t *stack = NULL, n = 0, room = 0;

	*MEM_PUSH(stack, n, room) = root;
	while (n) {
		uint32_t at = stack[--n];

		for (uint32_t i = t->first_child[at]; i < t->first_child[at + 1]; i++) {
			add_made(h, graph, t->child[i], from, out);
			*MEM_PUSH(stack, n, room) = t->child[i];
		}
	}
	free(stack);
}

/* Of the nearest instance on the path, 0 none. */
static uint64_t instance_address(const struct heap_graph *g, uint32_t node)
{
	enum { STEPS = 3 };

	for (int i = 0; i < STEPS && node != HEAP_NONE && node != g->top; i++) {
		if (g->node[node].kind == HEAP_INSTANCE)
			return g->node[node].address;
		node = g->node[node].parent;
	}
	return 0;
}

/* What a container retains was made in nearly all parts of its life, and until shortly before the end. */
static void judge_growth(struct heap_growth *out)
{
	enum { MOST_STEPS_EMPTY = 5 };
	uint64_t late = 0, all = 0;

	out->n_steps = 0;
	for (uint32_t i = 0; i < HEAP_STEPS; i++) {
		out->n_steps += out->bytes[i] > 0;
		all += out->bytes[i];
		late += i >= HEAP_STEPS / 2 ? out->bytes[i] : 0;
	}
	out->grows = out->n_steps >= HEAP_STEPS - MOST_STEPS_EMPTY &&
	             out->bytes[HEAP_STEPS - 1] + out->bytes[HEAP_STEPS - 2] && late * 5 >= all &&
	             late * 20 <= all * 19;
}

/* Of the objects that a node dominates: how many there are whose place is known, and how many objects these
 * places have made in all. */
struct heap_filling {
	uint64_t kept, made;
};

static void fill_add(const struct py_heap *h, const struct heap_node *x, bool *seen,
                     struct heap_filling *out)
{
	if (x->site >= h->m->n_sites)
		return;

	out->kept++;
	if (!seen[x->site])
		out->made += h->m->sites[x->site].allocs;
	seen[x->site] = true;
}

static struct heap_filling filling_of(const struct py_heap *h, uint32_t graph, uint32_t root)
{
	const struct heap_tree *t = h->tree[graph];
	struct heap_filling out = {0};
	bool *seen = mem_zalloc(h->m->n_sites + 1, sizeof *seen);
	uint32_t *stack = NULL, n = 0, room = 0;

	*MEM_PUSH(stack, n, room) = root;
	while (n) {
		uint32_t at = stack[--n];

		for (uint32_t i = t->first_child[at]; i < t->first_child[at + 1]; i++) {
			fill_add(h, &h->graph[graph]->node[t->child[i]], seen, &out);
			*MEM_PUSH(stack, n, room) = t->child[i];
		}
	}
	free(stack);
	free(seen);
	return out;
}

/* The step in which filling began: before it, less than a fiftieth was made (a name or a number that the
 * elements share is older than they are). */
static uint32_t first_step(const struct heap_growth *x)
{
	enum { NEGLIGIBLE = 50 };
	uint64_t sum = 0;
	uint32_t step = 0;

	while (step < HEAP_STEPS && (sum += x->bytes[step]) * NEGLIGIBLE < x->total)
		step++;
	return step;
}

/* A container that stays empty for a while and is filled then, to the end.  A bounded one has only the
 * youngest of what was made at the same places. */
static void grow_since_first(const struct py_heap *h, uint32_t graph, uint32_t container,
                             struct heap_growth *out)
{
	const struct heap_graph *g = h->graph[graph];
	struct heap_filling filling = filling_of(h, graph, container);
	struct heap_growth since = {.owner = out->owner};
	uint64_t born = g->node[container].born, step = first_step(out);

	if (!step || step == HEAP_STEPS || filling.kept * 2 < filling.made)
		return;
	sum_made(h, graph, container, born + (g->last_seq - born) * step / HEAP_STEPS, &since);
	judge_growth(&since);
	if (since.grows)
		*out = since;
}

/* It was filled, and then the program did something else, which allocates little. */
static bool is_filled_once(const struct heap_graph *g, uint32_t container,
                           const struct heap_growth *x)
{
	enum { IDLE_PERCENT = 40 };
	uint64_t life = g->time_ns - g->node[container].born_ns;

	return x->last_ns && (g->time_ns - x->last_ns) * 100 >= life * IDLE_PERCENT;
}

struct heap_growth py_heap_growth(const struct py_heap *h, uint32_t graph, uint32_t container)
{
	const struct heap_graph *g = h->graph[graph];
	struct heap_growth out = {0};

	out.owner = instance_address(g, container);
	sum_made(h, graph, container, g->node[container].born, &out);
	judge_growth(&out);
	if (!out.grows)
		grow_since_first(h, graph, container, &out);
	out.grows &= !is_filled_once(g, container, &out);
	return out;
}

struct heap_growth py_heap_class_growth(const struct py_heap *h, uint32_t graph, uint32_t class_id,
                                        uint32_t *n_instances)
{
	const struct heap_graph *g = h->graph[graph];
	struct heap_growth out = {0};
	uint64_t first = UINT64_MAX;

	*n_instances = 0;
	for (uint32_t i = 0; i < g->n_objects; i++)
		if (heap_type_at(g, i)->class_id == class_id) {
			first = g->node[i].born < first ? g->node[i].born : first;
			++*n_instances;
		}
	for (uint32_t i = 0; i < g->n_objects && *n_instances; i++)
		if (heap_type_at(g, i)->class_id == class_id)
			sum_made(h, graph, i, first, &out);
	judge_growth(&out);
	return out;
}

/* ---- words ---- */

void py_heap_moment_text(const struct heap_graph *g, char *out, uint32_t room)
{
	if (g->moment == PTF_HEAP_AT_EXIT)
		snprintf(out, room, "at exit");
	else
		snprintf(out, room, "after %s, with %s resident, near the highest",
		         short_ns((double)g->time_ns), short_bytes((double)g->resident_bytes));
}

void py_heap_place_text(const struct py_heap *h, const struct heap_graph *g, uint32_t node,
                        char *out, uint32_t room)
{
	char path[1000], *end;

	heap_path_text(h->m, g, node, path, sizeof path);
	end = strstr(path, " > ");
	if (end)
		*end = 0;
	for (const char *const *word = (const char *const[]){"class ", "module ", "running ", NULL};
	     *word; word++)
		if (!strncmp(path, *word, strlen(*word))) {
			snprintf(out, room, "%s", path + strlen(*word));
			return;
		}
	snprintf(out, room, "%s", path);
}

void py_heap_add_growth(const struct heap_growth *growth, struct finding *x)
{
	enum { QUARTERS = 4 };
	char text[200];
	uint32_t used = 0;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < HEAP_STEPS; i++) {
		sum += growth->bytes[i];
		if ((i + 1) % (HEAP_STEPS / QUARTERS) == 0)
			used += (uint32_t)snprintf(text + used, sizeof text - used, "%s%s",
			                           used ? ", " : "", short_bytes((double)sum));
	}
	finding_add_text(x, "grew_by_quarters_of_the_run", "%s", text);
}

void py_heap_add_evidence(const struct py_heap *h, const struct heap_graph *g, uint32_t node,
                          struct finding *x)
{
	char text[1000];

	heap_path_text(h->m, g, node, text, sizeof text);
	finding_add_text(x, "path", "%s", text);
	py_heap_moment_text(g, text, sizeof text);
	finding_add_text(x, "seen", "%s", text);
	if (g->cut || g->is_damaged)
		finding_add_text(x, "cut",
		                 "the walk over the heap was cut short: these are lower bounds");
}
