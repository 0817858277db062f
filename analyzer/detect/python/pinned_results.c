/*
 * `pinned-by-traceback`: stored exceptions, whose tracebacks keep the variables of the functions that raised
 * them.  `pinned-by-task`: finished tasks that keep their results.  `pinned-by-view`: small views of large
 * buffers (memoryview, numpy).
 *
 * What is kept counts when nothing else holds it and the keeper waits in a container.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/context.h"
#include "detect/detector.h"
#include "detect/event_pass.h"
#include "holder.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"result_min_keepers", 8, "exceptions, tasks or views in one container"},
	{"result_min_bytes", 262144, "bytes that only they keep"},
	{"result_win_bytes", 1048576, "the same: a win from here on"},
	{0},
};

#define LEAST_KEPT 512u /* bytes of one keeper */
#define VIEW_RATIO 8u   /* a view that sees more than one byte in eight is no small one */
#define ITEM_BYTES 16u  /* of an array, at most */

static const char TRACEBACK[] = "pinned-by-traceback", TASK[] = "pinned-by-task",
		  VIEW[] = "pinned-by-view";

struct kept {
	const char *kind; /* NULL: it keeps nothing */
	uint32_t node;    /* what it keeps: all that this retains */
};

/* ---- what one object keeps ---- */

/* The target of one of its edges that it alone retains and that retains most; HEAP_NONE: there is none. */
static uint32_t largest_part(const struct heap_graph *g, uint32_t node,
                             bool (*wanted)(const struct heap_graph *, uint32_t))
{
	const struct heap_node *x = &g->node[node];
	uint32_t best = HEAP_NONE;

	for (uint32_t e = x->first_edge; e < x->first_edge + x->n_edges; e++) {
		uint32_t target = g->edge[e].target;

		if (target < g->n_objects && wanted(g, target) &&
		    heap_is_retained_by(g, target, node) &&
		    (best == HEAP_NONE ||
		     g->node[target].retained_bytes > g->node[best].retained_bytes))
			best = target;
	}
	return best;
}

static bool is_traceback(const struct heap_graph *g, uint32_t node)
{
	return g->node[node].kind == HEAP_TRACEBACK;
}

/* A running task retains much, too, through its coroutine: that is no result. */
static bool is_result(const struct heap_graph *g, uint32_t node)
{
	return g->node[node].kind != HEAP_GENERATOR && !holder_is_type(g, node, "Context");
}

static bool is_task(const struct heap_graph *g, uint32_t node)
{
	return holder_is_type(g, node, "Task") || holder_is_type(g, node, "Future");
}

static bool is_small_view(const struct heap_graph *g, uint32_t node)
{
	const struct heap_node *x = &g->node[node];
	uint64_t seen = x->length * (holder_is_type(g, node, "ndarray") ? ITEM_BYTES : 1);

	return (holder_is_type(g, node, "memoryview") || holder_is_type(g, node, "ndarray")) &&
	       x->length && x->retained_bytes > VIEW_RATIO * seen + x->own_bytes;
}

static struct kept kept_by(const struct heap_graph *g, uint32_t node)
{
	if (g->node[node].kind == HEAP_EXCEPTION)
		return (struct kept){TRACEBACK, largest_part(g, node, is_traceback)};
	if (is_task(g, node))
		return (struct kept){TASK, largest_part(g, node, is_result)};
	if (is_small_view(g, node))
		return (struct kept){VIEW, node};
	return (struct kept){NULL, HEAP_NONE};
}

/* ---- where they wait ---- */

/* Tasks in a variable of the function that waits for them are at work; those in an object's attribute stay. */
static bool is_waited_for(const struct heap_graph *g, uint32_t container)
{
	uint32_t parent = holder_parent(g, container);

	return parent == HEAP_NONE || g->node[parent].kind >= HEAP_ROOT_FRAME ||
	       g->node[parent].kind == HEAP_FRAME || g->node[parent].kind == HEAP_GENERATOR ||
	       strstr(heap_type_at(g, parent)->name, "Future");
}

static void results_look_at(const struct py_heap *h, uint32_t graph, struct holdings_list *l)
{
	const struct heap_graph *g = h->graph[graph];

	for (uint32_t i = 0; i < g->n_objects; i++) {
		struct kept k = kept_by(g, i);
		uint32_t container;

		if (k.node == HEAP_NONE || g->node[k.node].retained_bytes < LEAST_KEPT)
			continue;
		container = holder_container(g, i);
		if (container == HEAP_NONE || (k.kind == TASK && is_waited_for(g, container)))
			continue;
		holding_count(h, l,
		              &(struct holding){.graph = graph,
		                                .holder = container,
		                                .via = i,
		                                .sample = k.node,
		                                .how = k.kind});
	}
}

/* ---- the finding ---- */

static const char *results_advice(const char *kind)
{
	if (kind == TRACEBACK)
		return "An exception keeps its traceback, the traceback the frames, and these "
		       "their variables. Keep what is needed of it (its type and text, "
		       "traceback.format_exception()), or drop the rest with "
		       "traceback.clear_frames(error.__traceback__) or error.with_traceback(None).";

	if (kind == TASK)
		return "A finished task keeps its result as long as it is kept itself: drop it "
		       "(task.add_done_callback(tasks.discard)), or take the result out and let "
		       "the task go.";

	return "A view keeps the whole buffer that it looks at: copy the part that is needed "
	       "(bytes(view), array.copy()).";
}

static const char *keepers_name(const char *kind)
{
	if (kind == TRACEBACK)
		return "exceptions keep the variables of the functions that raised them";
	if (kind == TASK)
		return "finished tasks keep their results";
	return "small views keep whole buffers";
}

/* Where the largest object that the node retains was made; UINT32_MAX: not known. */
static uint32_t site_of_largest(const struct heap_graph *g, uint32_t node)
{
	const struct heap_node *best = &g->node[node];

	for (uint32_t i = 0; i < g->n_objects; i++)
		if (g->node[i].own_bytes > best->own_bytes && heap_is_retained_by(g, i, node))
			best = &g->node[i];
	return best->site;
}

/* The program's instance that retains most of the node's retained bytes: it names the finding.  HEAP_NONE: none does. */
static uint32_t largest_instance(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	uint32_t best = HEAP_NONE;

	for (uint32_t i = 0; i < g->n_objects; i++)
		if (py_heap_is_programs(h, g, i) && heap_is_retained_by(g, i, node) &&
		    (best == HEAP_NONE || g->node[i].retained_bytes > g->node[best].retained_bytes))
			best = i;
	return best;
}

static void name_what_is_kept(const struct py_heap *h, const struct heap_graph *g,
                              const struct holding *k, struct finding *x)
{
	uint32_t instance = largest_instance(h, g, k->sample);
	struct py_class class = instance != HEAP_NONE ? py_heap_class(h, g, instance)
	                                              : (struct py_class){0};

	if (!class.stats ||
	    2 * g->node[instance].retained_bytes < g->node[k->sample].retained_bytes)
		return;
	x->class_id = class.stats->class_id;
	finding_add_text(x, "kept", "%s", class.stats->name);
	finding_add_advice(x, "Most of it is in instances of %s.", class.stats->name);
}

static void results_add_finding(const struct model *m, const struct detect *d,
                                const struct py_heap *h, const struct holding *k,
                                struct findings *out)
{
	const struct heap_graph *g = h->graph[k->graph];
	double bytes = (double)k->bytes;
	struct finding *x = findings_add(
		out, k->how,
		bytes >= detect_option(d, "result_win_bytes") ? VERDICT_WIN : VERDICT_MINOR);
	uint32_t site = site_of_largest(g, k->sample);
	char place[1000];

	if (site < m->n_sites)
		finding_add_site(x, site);
	py_heap_place_text(h, g, k->holder, place, sizeof place);
	finding_title(x, "%s: %llu %s, %s", place, (unsigned long long)k->n, keepers_name(k->how),
	              short_bytes(bytes));
	detect_passed(d, x, "keepers", (double)k->n, "", "result_min_keepers", ">=");
	detect_passed(d, x, "held_bytes", bytes, "bytes", "result_min_bytes", ">=");
	py_heap_add_evidence(h, g, k->via, x);
	finding_advice(x, "%s", results_advice(k->how));
	name_what_is_kept(h, g, k, x);
	x->confidence = 0.9;
	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(0.9 * bytes, bytes);
	finding_assumes(x, "that the retained objects are not needed any more");
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void results_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct py_heap *h = detect_event_pass(d)->heap;
	struct holdings_list l = {0};

	for (uint32_t i = 0; i < h->n; i++)
		results_look_at(h, i, &l);
	holdings_settle(h, &l);
	for (uint32_t i = 0; i < l.n; i++)
		if ((double)l.list[i].n >= detect_option(d, "result_min_keepers") &&
		    (double)l.list[i].bytes >= detect_option(d, "result_min_bytes"))
			results_add_finding(m, d, h, &l.list[i], out);
	free(l.list);
}

DETECTOR_NAMED(pinned_by_traceback, "pinned-by-traceback", 24, options, results_run,
               "exceptions, tasks and views that keep much more than themselves");
