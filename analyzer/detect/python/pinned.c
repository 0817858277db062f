/*
 * `pinned-by-bound-method`, `pinned-by-callable`: instances that live on only because callables that wait
 * somewhere hold them: bound methods, partials, closures, default arguments, generators, in a queue, a
 * table of listeners, a timer, an exit function.  `pinned-by-task`, `pinned-by-timer`: through the context
 * or the result of asyncio's tasks and timers.
 *
 * An instance counts when each object that refers to it, apart from what it holds itself, is such a
 * callable.  Instances that are much older than what holds them are the program's own, which goes round a
 * queue of events, say: they do not count.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/event_pass.h"
#include "holder.h"
#include "retained_kept.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"pinned_min_bytes", 262144, "bytes held by instances that only waiting callables hold"},
	{"pinned_min_instances", 3, "such instances in one container"},
	{"pinned_win_bytes", 1048576, "the same: a win from here on"},
	{"pinned_max_older_share", 0.5,
         "of the instances, share of those much older than what holds them"},
	{0},
};

#define MAX_HOLDERS 8u
#define MAX_STEPS 24u

static const char BOUND_METHOD[] = "pinned-by-bound-method", CALLABLE[] = "pinned-by-callable",
		  TASK[] = "pinned-by-task", TIMER[] = "pinned-by-timer";

/* ---- what holds an instance ---- */

struct way {
	const char *kind; /* NULL: not held as looked for */
	uint32_t via;     /* the callable */
	uint32_t holder;  /* the container that it waits in */
};

static bool pinned_starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool is_callable(enum heap_kind kind)
{
	return kind == HEAP_METHOD || kind == HEAP_PARTIAL || kind == HEAP_FUNCTION ||
	       kind == HEAP_GENERATOR;
}

/* The variable of a closure that the instance is in is called self: a method made it. */
static bool is_self_cell(const struct heap_graph *g, uint32_t cell)
{
	uint32_t parent = holder_parent(g, cell);

	return parent != HEAP_NONE && g->node[parent].kind == HEAP_FUNCTION &&
	       !strcmp(heap_name(g, g->edge[g->node[cell].parent_edge].name), "self");
}

/* The callable that this holder of the instance is, or belongs to; kind NULL: none. */
static struct way callable_of(const struct heap_graph *g, uint32_t holder)
{
	struct way w = {NULL, HEAP_NONE, HEAP_NONE};
	enum heap_kind kind = g->node[holder].kind;

	if (kind == HEAP_METHOD)
		w = (struct way){BOUND_METHOD, holder, HEAP_NONE};
	else if (kind == HEAP_PARTIAL || kind == HEAP_GENERATOR)
		w = (struct way){CALLABLE, holder, HEAP_NONE};
	else if (kind == HEAP_CELL || holder_is_of_callable(g, holder))
		w = (struct way){is_self_cell(g, holder) ? BOUND_METHOD : CALLABLE,
		                 holder_parent(g, holder), HEAP_NONE};
	return w.via == HEAP_NONE || !is_callable(g->node[w.via].kind) ? (struct way){0} : w;
}

/* asyncio: the context of a timer or task, a task's result. */
static struct way context_of(const struct heap_graph *g, uint32_t holder)
{
	uint32_t at = holder;

	for (unsigned i = 0; i < MAX_STEPS && at != HEAP_NONE; i++, at = holder_parent(g, at)) {
		const char *type = heap_type_at(g, at)->name;

		if (holder_is_type(g, at, "TimerHandle"))
			return (struct way){TIMER, at, HEAP_NONE};
		if (holder_is_type(g, at, "Task") || holder_is_type(g, at, "Future"))
			return (struct way){TASK, at, HEAP_NONE};
		if (!pinned_starts(type, "hamt") && !holder_is_type(g, at, "Context") &&
		    !pinned_starts(type, "_contextvars") && !pinned_starts(type, "Token"))
			break;
	}
	return (struct way){0};
}

/* All holders must be such ways; the finding names the first of them. */
static struct way way_to(const struct py_heap *h, uint32_t graph, uint32_t node)
{
	const struct heap_graph *g = h->graph[graph];
	uint32_t holder[MAX_HOLDERS];
	uint32_t n = py_heap_holders(h, graph, node, holder, MAX_HOLDERS);
	struct way first = {0};

	for (uint32_t i = 0; i < n; i++) {
		struct way w = callable_of(g, holder[i]);

		if (!w.kind)
			w = context_of(g, holder[i]);
		if (!w.kind)
			return (struct way){0};
		if (!first.kind || w.kind == BOUND_METHOD)
			first = w;
	}
	if (!first.kind || n == MAX_HOLDERS)
		return (struct way){0};
	first.holder = holder_container(g, first.via);
	return first.holder == HEAP_NONE ? (struct way){0} : first;
}

static void pinned_look_at(const struct py_heap *h, uint32_t graph, struct holdings_list *out)
{
	const struct heap_graph *g = h->graph[graph];

	for (uint32_t i = 0; i < g->n_objects; i++) {
		struct way w;

		if (!py_heap_is_programs(h, g, i) || !g->node[i].retained_bytes)
			continue;
		w = way_to(h, graph, i);
		if (w.kind)
			holding_count(h, out,
			              &(struct holding){.graph = graph,
			                                .holder = w.holder,
			                                .via = w.via,
			                                .sample = i,
			                                .class_id = heap_type_at(g, i)->class_id,
			                                .how = w.kind});
	}
}

/* ---- the finding ---- */

static const char *advice_of(const char *kind)
{
	if (kind == BOUND_METHOD)
		return "A bound method holds its instance, and so does a function that was made "
		       "in a method and uses self. Put a static function or the plain data that "
		       "the call needs into the container, or a weakref.WeakMethod, and drop "
		       "entries that are done. Pickling such a method pickles the instance "
		       "with it.";

	if (kind == CALLABLE)
		return "A partial, closure, default argument or generator holds the whole object. "
		       "Give it the few values that the call needs (a number, a key), and drop "
		       "entries that are done.";

	if (kind == TIMER)
		return "A timer copies the context of the code that starts it: cancel it when "
		       "it is not needed, or start it in an empty context "
		       "(loop.call_later(..., context=contextvars.Context())).";

	return "A task keeps its result and its context as long as it is kept itself: drop "
	       "finished "
	       "tasks (task.add_done_callback(tasks.discard)).";
}

static void pinned_add_finding(const struct model *m, const struct detect *d,
                               const struct py_heap *h, const struct holding *k,
                               struct findings *out)
{
	const struct heap_graph *g = h->graph[k->graph];
	struct py_class class = py_heap_class(h, g, k->sample);
	double bytes = (double)k->bytes;
	bool large = bytes >= detect_option(d, "pinned_win_bytes");
	struct finding *x = py_class_finding(&class, out, k->how,
	                                     large ? VERDICT_WIN : VERDICT_MINOR);
	char via[300], container[300];

	heap_node_text(m, g, k->via, via, sizeof via);
	heap_node_text(m, g, k->holder, container, sizeof container);
	finding_title(x, "%s: %llu instances of %s are kept alive in a %s, %s", via,
	              (unsigned long long)k->n, class.stats->name, container, short_bytes(bytes));
	finding_add_text(x, "function", "%s", heap_name(g, g->node[k->via].label));
	finding_add_text(x, "container", "%s", container);
	detect_passed(d, x, "instances", (double)k->n, "", "pinned_min_instances", ">=");
	detect_passed(d, x, "held_bytes", bytes, "bytes", "pinned_min_bytes", ">=");
	py_heap_add_evidence(h, g, k->sample, x);
	finding_advice(x, "%s", advice_of(k->how));
	kept_predict_instances(x, m, &class, k->n, bytes, 0);
	finding_assumes(x, "assumes that the instances are not needed for the calls to come");
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

/* A single one may be the application itself, which an exit function closes: it counts in a container that the
 * program has, and if it is large. */
static bool is_finding(const struct py_heap *h, const struct detect *d, const struct holding *k)
{
	bool one_is_enough = h->graph[k->graph]->node[k->holder].kind != HEAP_ROOT_C &&
	                     (double)k->bytes >= detect_option(d, "pinned_win_bytes");

	return (one_is_enough || (double)k->n >= detect_option(d, "pinned_min_instances")) &&
	       (double)k->bytes >= detect_option(d, "pinned_min_bytes") &&
	       (double)k->n_older <= detect_option(d, "pinned_max_older_share") * (double)k->n;
}

static void pinned_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct py_heap *h = detect_event_pass(d)->heap;
	struct holdings_list l = {0};

	for (uint32_t i = 0; i < h->n; i++)
		pinned_look_at(h, i, &l);
	holdings_settle(h, &l);
	for (uint32_t i = 0; i < l.n; i++)
		if (is_finding(h, d, &l.list[i]))
			pinned_add_finding(m, d, h, &l.list[i], out);
	free(l.list);
}

DETECTOR_NAMED(pinned_by_bound_method, "pinned-by-bound-method", 22, options, pinned_run,
               "instances that only callables in a container keep alive");
