/*
 * `pooled-state-growth`: state that grows inside long-lived, reused instances, use after use.
 *
 * Looks at what is live that was made under methods of such instances, by site; a site that kept
 * rising while instances were lent out is what reset() forgets.  Unless it is kept elsewhere, by a cache
 * on a method, say: no reset() reaches that.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/event_pass.h"
#include "retained_elsewhere.h"
#include "retained_kept.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"pooled_growth_min_blocks", 200, "blocks of the growing site, for each instance"},
	{"pooled_growth_min_bytes", 65536, "bytes of all growing sites together"},
	{"instance_growth_min_length", 1000, "elements of a container in a long-lived instance"},
	{"instance_growth_min_bytes", 262144, "bytes that such a container retains"},
	{"pooled_growth_min_rises", 0.75, "share of the moments between which the site grew"},
	{0},
};

/* Bytes held at equal steps of the site's allocations: a line that keeps rising.  (Not of time: a
 * machine under load would stretch what comes before.) */
static bool site_rises(const struct held *h, double min_rises)
{
	return h->n_steps >= 3 && h->n_rises >= min_rises * h->n_steps;
}

/* Another pass, in which what the growing sites hold is left out. */
static void pooled_growth_predict(struct finding *x, const struct model *m, const struct py_life *l,
                                  const struct tally *growing)
{
	struct holdings h;
	bool *excess = mem_zalloc(m->n_sites + 1, sizeof *excess);

	for (uint32_t i = 0; i < growing->n; i++)
		excess[growing->entry[i].key] = true;
	holdings_init(&h, m);
	holdings_of_class(&h, l->class.stats);
	h.is_excess = excess;
	holdings_replay(&h, m);
	kept_predict(x, m, &h, 0);
	holdings_release(&h);
	free(excess);
}

static void pooled_growth_add_finding(const struct model *m, const struct detect *d,
                                      const struct py_life *l, const struct tally *growing,
                                      double bytes, struct findings *out)
{
	const struct class_stats *s = l->class.stats;
	const struct symbol *at = model_site_name(m, &m->sites[tally_top(growing)->key]);
	struct finding *x = findings_add(out, "pooled-state-growth", VERDICT_WIN);

	x->class_id = s->class_id;
	x->confidence = 0.8;
	for (uint32_t i = 0; i < growing->n; i++)
		finding_add_site(x, (uint32_t)growing->entry[i].key);
	finding_title(x, "%s: state grows inside reused instances, at %s, %s so far", s->name,
	              at->function, short_bytes(bytes));
	finding_add_text(x, "function", "%s", at->function);
	detect_passed(d, x, "held_bytes", bytes, "bytes", "pooled_growth_min_bytes", ">=");
	finding_add_number(x, "instances", (double)s->peak_live, "");
	finding_add_number(x, "growing_sites", growing->n, "");
	finding_advice(
		x,
		"What %s keeps from use to use grows as long as the instance lives: drop it when "
		"the instance goes back to its pool (in reset()), or bound it.",
		s->name);
	pooled_growth_predict(x, m, l, growing);
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

/* Growing sites and what they hold. */
static double add_growing(const struct model *m, const struct detect *d, const struct holdings *h,
                          struct tally *growing)
{
	double bytes = 0;

	for (uint32_t i = 0; i < h->n_sites; i++) {
		if ((double)h->site[i].peak_blocks < detect_option(d, "pooled_growth_min_blocks") ||
		    py_site_is_under_constructor(m, i) ||
		    !site_rises(&h->site[i], detect_option(d, "pooled_growth_min_rises")))
			continue;
		tally_add(growing, i, h->site[i].peak_bytes, UINT32_MAX);
		bytes += (double)h->site[i].peak_bytes;
	}
	tally_sort(growing);
	return bytes;
}

/* Of those, what the instances themselves keep, as far as one can know. */
static double inside_bytes(const struct model *m, const struct detect *d, const struct py_life *l,
                           const struct tally *growing, double bytes)
{
	enum kept_where where = kept_where(&l->class, bytes);
	bool *cached;

	if (where != KEPT_UNKNOWN)
		return where == KEPT_INSIDE ? bytes : 0;
	cached = made_for_caches(m, detect_event_pass(d)->lives.census);
	for (uint32_t i = 0; i < growing->n; i++)
		if (cached[growing->entry[i].key])
			bytes -= (double)growing->entry[i].count;
	free(cached);
	return bytes;
}

static void pooled_growth_look_at(const struct model *m, const struct detect *d,
                                  const struct py_life *l, struct findings *out)
{
	double least = detect_option(d, "pooled_growth_min_bytes"), bytes;
	struct holdings h;
	struct tally growing = {0};

	holdings_init(&h, m);
	holdings_of_class(&h, l->class.stats);
	holdings_replay(&h, m);
	bytes = add_growing(m, d, &h, &growing);
	if (bytes >= least && inside_bytes(m, d, l, &growing, bytes) >= least)
		pooled_growth_add_finding(m, d, l, &growing, bytes, out);
	tally_release(&growing);
	holdings_release(&h);
}

/* ---- what the heap graphs say ---- */

static bool is_told(const struct findings *out, const struct class_stats *s)
{
	struct py_class k = {s, NULL};

	return py_class_has(&k, out, "pooled-state-growth") ||
	       py_class_has(&k, out, "retained-by-cache") ||
	       py_class_has(&k, out, "class-level-growth");
}

/*
 * Whether what instances of the class retain has grown to the end; true where no graph shows one.  The graph
 * at exit decides if it has any: at a peak the program may still have been filling them.
 */
static bool grows_in_graphs(const struct py_heap *h, const struct class_stats *s)
{
	for (uint32_t i = h->n; i-- > 0;) {
		uint32_t n_instances;
		struct heap_growth growth = py_heap_class_growth(h, i, s->class_id, &n_instances);

		if (n_instances)
			return growth.grows;
	}
	return true;
}

/* The attribute's container of an instance; HEAP_NONE: it is no such. */
static uint32_t instance_of_container(const struct heap_graph *g, uint32_t node)
{
	uint32_t parent = g->node[node].parent;

	if (parent == HEAP_NONE || parent == g->top)
		return HEAP_NONE;
	if (g->node[parent].kind == HEAP_INSTANCE)
		return parent;
	if (strcmp(heap_name(g, g->edge[g->node[parent].parent_edge].name), "__dict__"))
		return HEAP_NONE;
	parent = g->node[parent].parent;
	return parent != HEAP_NONE && g->node[parent].kind == HEAP_INSTANCE ? parent : HEAP_NONE;
}

static void add_container_finding(const struct model *m, const struct detect *d,
                                  const struct py_heap *h, uint32_t graph, uint32_t node,
                                  uint32_t instance, const struct heap_growth *growth,
                                  struct findings *out)
{
	enum { LOW_PERCENT = 90 };
	const struct heap_graph *g = h->graph[graph];
	struct py_class k = py_heap_class(h, g, instance);
	double bytes = (double)g->node[node].retained_bytes;
	struct finding *x = py_class_finding(&k, out, "pooled-state-growth", VERDICT_MINOR);
	const char *attribute = heap_name(g, g->edge[g->node[node].parent_edge].name);

	finding_title(x, "%s.%s: a %s in a long-lived instance has grown to %llu elements, %s",
	              k.stats->name, attribute, heap_class_name(m, g, node),
	              (unsigned long long)g->node[node].length, short_bytes(bytes));
	detect_passed(d, x, "held_bytes", bytes, "bytes", "instance_growth_min_bytes", ">=");
	py_heap_add_growth(growth, x);
	py_heap_add_evidence(h, g, node, x);
	finding_advice(
		x,
		"`%s` grows with each use of the instance, from the beginning of the run to its "
		"end: bound it, or drop what is done. Where the program collects its result "
		"there, nothing is to be changed.",
		attribute);
	x->confidence = 0.5;
	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(bytes * LOW_PERCENT / 100, bytes);
	finding_assumes(x, "assumes that earlier entries are not needed");
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void look_at_container(const struct model *m, const struct detect *d,
                              const struct py_heap *h, uint32_t graph, uint32_t node,
                              struct findings *out)
{
	enum { FEW = 4 };
	const struct heap_graph *g = h->graph[graph];
	const struct heap_node *x = &g->node[node];
	struct heap_growth growth;
	struct py_class k;
	uint32_t instance;

	if (x->kind != HEAP_CONTAINER ||
	    (double)x->length < detect_option(d, "instance_growth_min_length") ||
	    (double)x->retained_bytes < detect_option(d, "instance_growth_min_bytes"))
		return;
	instance = instance_of_container(g, node);
	if (instance == HEAP_NONE || !py_heap_is_programs(h, g, instance))
		return;
	k = py_heap_class(h, g, instance);
	if (!py_class_is_users(m, &k) || k.stats->built > FEW || is_told(out, k.stats))
		return;
	growth = py_heap_growth(h, graph, node);
	/* What others make and hand over is a store; what its own methods make is a by-product. */
	if (growth.grows && 2 * growth.own >= growth.total)
		add_container_finding(m, d, h, graph, node, instance, &growth, out);
}

/* Instances that are lent out to the end are there when the interpreter is looked at. */
static bool may_be_seen(const struct py_heap *h, const struct py_class *k)
{
	return k->census || !h->census->n_classes;
}

static void pooled_growth_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct costly_classes *l = &detect_event_pass(d)->lives;
	const struct py_heap *h = detect_event_pass(d)->heap;

	for (uint32_t i = 0; i < l->n; i++)
		if (costly_life_is_pooled(&l->life[i], d) && may_be_seen(h, &l->life[i].class) &&
		    !py_class_has(&l->life[i].class, out, "retained-by-cache") &&
		    grows_in_graphs(h, l->life[i].class.stats))
			pooled_growth_look_at(m, d, &l->life[i], out);
	/* Only what the graph at exit shows: before, the program may have been collecting. */
	if (h->n && h->graph[h->n - 1]->moment == PTF_HEAP_AT_EXIT)
		for (uint32_t k = 0; k < h->graph[h->n - 1]->n_objects; k++)
			look_at_container(m, d, h, h->n - 1, k, out);
}

DETECTOR_NAMED(pooled_state_growth, "pooled-state-growth", 23, options, pooled_growth_run,
               "state that grows inside reused objects");
