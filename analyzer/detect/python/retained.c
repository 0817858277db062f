/*
 * `retained-by-cache`: instances that live on only because a cache has them in its keys: a
 * functools.lru_cache on a method (or on a function that is handed `self`), one of cachetools, a dictionary
 * of the program's own that remembers results.
 *
 * The heap graph says which objects only caches retain, several of them, too.  A dictionary is taken for a cache when
 * a function keeps it (closure, attribute, default), when it is in an object of a library's cache class, or when the
 * instances in its keys make their entries themselves, in methods that are called after their constructors; one that
 * is merely keyed by instances may be the program's data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/event_pass.h"
#include "holder.h"
#include "retained_kept.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"retained_min_instances", 8, "instances that nothing but the cache holds"},
	{"retained_min_bytes", 65536, "bytes that they hold"},
	{"retained_win_bytes", 1048576, "the same: a win from here on, whatever the peak"},
	{"retained_win_peak_share", 0.05,
         "the same as a share of the process's peak: a win from here on"},
	{0},
};

#define ENTRY_BYTES 400.0 /* of the cache's own, at most: key, link, place in the table, answer */

/* ---- which containers are caches ---- */

/* cachetools.LRUCache, methodtools, a class of the program's web framework. */
static bool is_of_cache_class(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	static const char *const words[] = {"cache", "memo"};
	struct py_class k = py_heap_class(h, g, node);

	if (!k.census || k.census->name.origin == ORIGIN_USER)
		return false;
	for (const char *s = heap_type_at(g, node)->name; *s; s++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (!strncasecmp(s, words[i], strlen(words[i])))
				return true;
	return false;
}

/* An object that stands for a function: it has the function in the attribute that functools.update_wrapper() sets, or
 * its class can be called. */
static bool stands_for_function(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	enum { MOST = 64 };
	const struct heap_node *x = &g->node[node];
	struct py_class k = {0};

	/* Not in what has thousands: each of its elements asks. */
	for (uint32_t e = x->first_edge; x->n_edges <= MOST && e < x->first_edge + x->n_edges; e++)
		if (!strcmp(heap_name(g, g->edge[e].name), "__wrapped__"))
			return true;
	if (x->kind == HEAP_INSTANCE)
		k = py_heap_class(h, g, node);
	return k.census && census_has_name(&k.census->defines, "__call__");
}

/* By what holds it: a variable of a function, a library's class. */
static bool is_held_as_cache(const struct py_heap *h, const struct heap_graph *g, uint32_t node)
{
	enum { STEPS = 4 };

	for (int i = 0; i < STEPS; i++) {
		const struct heap_node *x = &g->node[node];

		if (is_of_cache_class(h, g, node))
			return true;
		if (x->parent == HEAP_NONE || x->parent == g->top)
			return false;
		if (g->node[x->parent].kind == HEAP_FUNCTION ||
		    stands_for_function(h, g, x->parent))
			return true;
		node = x->parent;
		if (g->node[node].kind == HEAP_CLASS || g->node[node].kind >= HEAP_ROOT_MODULE)
			return false;
	}
	return false;
}

/* Made in a method of the instance, later than in its constructor. */
static bool is_made_by(const struct py_heap *h, uint64_t owner, uint32_t site, uint64_t instance)
{
	return owner && owner == instance && site < h->m->n_sites &&
	       !py_site_is_under_constructor(h->m, site);
}

/* The instance in a key, HEAP_NONE: there is none. */
static uint32_t instance_in_key(const struct py_heap *h, const struct heap_graph *g, uint32_t key)
{
	const struct heap_node *x = &g->node[key];

	if (py_heap_is_programs(h, g, key))
		return key;
	for (uint32_t e = 0; x->kind == HEAP_CONTAINER && e < x->n_edges; e++)
		if (py_heap_is_programs(h, g, g->edge[x->first_edge + e].target))
			return g->edge[x->first_edge + e].target;
	return HEAP_NONE;
}

/* Has an instance that is in a key made the dict grow the last time? */
static bool is_filled_by_keys(const struct py_heap *h, const struct heap_graph *g, uint32_t dict)
{
	enum { LEAST = 8 };
	const struct heap_node *x = &g->node[dict];
	uint32_t n = 0;
	bool own = false;

	for (uint32_t e = x->first_edge; x->storage_owner && e < x->first_edge + x->n_edges; e++) {
		uint32_t instance = g->edge[e].name == HEAP_NAME_KEY
		                            ? instance_in_key(h, g, g->edge[e].target)
		                            : HEAP_NONE;

		if (instance == HEAP_NONE)
			continue;
		n++;
		own |= is_made_by(h, x->storage_owner, x->storage_site, g->node[instance].address);
	}
	return own && n >= LEAST;
}

/* The cache that a dict is, or is inside of; HEAP_NONE: it is none. */
static uint32_t cache_of(const struct py_heap *h, const struct heap_graph *g, uint32_t dict)
{
	uint32_t above = g->node[dict].dominator;

	if (above != HEAP_NONE && g->node[above].kind == HEAP_CACHE)
		return above;
	return is_held_as_cache(h, g, dict) || is_filled_by_keys(h, g, dict) ? dict : HEAP_NONE;
}

/* ---- what is in its keys ---- */

struct pass {
	const struct py_heap *h;
	uint32_t graph;
	uint32_t *cache_of; /* by node: the cache that a dict is, or is inside of, HEAP_NONE none */
	bool *counted, *reached; /* by node; reached: also without the caches */
	struct holdings_list *out;
};

static void find_caches(struct pass *p)
{
	const struct heap_graph *g = p->h->graph[p->graph];

	for (uint32_t i = 0; i < g->n_nodes; i++) {
		const struct heap_node *x = &g->node[i];

		p->cache_of[i] = i < g->n_objects && x->kind == HEAP_CONTAINER && x->length
		                         ? cache_of(p->h, g, i)
		                         : HEAP_NONE;
	}
}

/* Marks what would be left if the caches were emptied. */
static void spread_without_caches(struct pass *p)
{
	const struct heap_graph *g = p->h->graph[p->graph];
	uint32_t *stack = mem_alloc((g->n_nodes + 1ull) * sizeof *stack), n = 0;

	p->reached[g->top] = true;
	stack[n++] = g->top;
	while (n) {
		const struct heap_node *x = &g->node[stack[--n]];

		if (x->kind == HEAP_CACHE || p->cache_of[x - g->node] != HEAP_NONE)
			continue;
		for (uint32_t e = x->first_edge; e < x->first_edge + x->n_edges; e++) {
			uint32_t target = g->edge[e].target;

			if (p->reached[target])
				continue;
			p->reached[target] = true;
			stack[n++] = target;
		}
	}
	free(stack);
}

static void count_instance(struct pass *p, uint32_t cache, uint32_t key, uint32_t node)
{
	const struct heap_graph *g = p->h->graph[p->graph];

	if (p->counted[node] || p->reached[node] || !py_heap_is_programs(p->h, g, node))
		return;
	p->counted[node] = true;
	holding_count(p->h, p->out,
	              &(struct holding){.graph = p->graph,
	                                .holder = cache,
	                                .via = key,
	                                .sample = node,
	                                .class_id = heap_type_at(g, node)->class_id,
	                                .how = ""});
}

/* The key itself, or what the tuple that a key is made of holds. */
static void look_at_key(struct pass *p, uint32_t cache, uint32_t key)
{
	const struct heap_graph *g = p->h->graph[p->graph];
	const struct heap_node *x = &g->node[key];

	count_instance(p, cache, key, key);
	if (x->kind == HEAP_CONTAINER)
		for (uint32_t e = 0; e < x->n_edges; e++)
			count_instance(p, cache, key, g->edge[x->first_edge + e].target);
}

static void look_at_dicts(struct pass *p)
{
	const struct heap_graph *g = p->h->graph[p->graph];

	find_caches(p);
	spread_without_caches(p);
	for (uint32_t i = 0; i < g->n_objects; i++) {
		const struct heap_node *x = &g->node[i];

		if (p->cache_of[i] == HEAP_NONE)
			continue;
		for (uint32_t e = x->first_edge; e < x->first_edge + x->n_edges; e++)
			if (g->edge[e].name == HEAP_NAME_KEY)
				look_at_key(p, p->cache_of[i], g->edge[e].target);
	}
}

/* ---- weak keys ---- */

static const char WEAK[] = "weak";

/* The WeakKeyDictionary that alone holds an object, HEAP_NONE: there is none. */
static uint32_t weak_holder(const struct heap_graph *g, uint32_t node)
{
	enum { STEPS = 8 };
	uint32_t at = g->node[node].dominator;

	for (int i = 0; i < STEPS && at != HEAP_NONE && at < g->n_objects; i++) {
		if (holder_is_type(g, at, "WeakKeyDictionary"))
			return at;
		at = g->node[at].dominator;
	}
	return HEAP_NONE;
}

/* Instances that are weakly referred to, and that only a value of such a dictionary holds: it leads back to its key. */
static void look_at_weak_keys(struct pass *p)
{
	const struct heap_graph *g = p->h->graph[p->graph];

	for (uint32_t i = 0; i < g->n_objects; i++) {
		struct py_class k = {0};
		uint32_t holder;

		if (p->counted[i] || !py_heap_is_programs(p->h, g, i))
			continue;
		k = py_heap_class(p->h, g, i);
		if (!k.census || k.census->weakrefs <= 0 ||
		    2 * k.census->weakrefs < k.census->sampled)
			continue;
		holder = weak_holder(g, i);
		if (holder == HEAP_NONE)
			continue;
		p->counted[i] = true;
		holding_count(p->h, p->out,
		              &(struct holding){.graph = p->graph,
		                                .holder = holder,
		                                .via = holder,
		                                .sample = i,
		                                .class_id = heap_type_at(g, i)->class_id,
		                                .how = WEAK});
	}
}

/* ---- the finding ---- */

/* What the census says of the wrapper; NULL: it is not functools's, or not known. */
static const struct census_cache *census_of(const struct py_heap *h, const char *place)
{
	for (uint32_t i = 0; i < h->census->n_caches; i++) {
		const char *function = h->census->caches[i].function;
		size_t n = strlen(function), room = strlen(place);

		if (n && room >= n && !strcmp(place + room - n, function))
			return &h->census->caches[i];
	}
	return NULL;
}

static void add_cache_evidence(const struct census_cache *c, struct finding *x)
{
	finding_add_text(x, "defined_at", "%s:%lld", c->file, (long long)c->line);
	if (c->max_size == CENSUS_UNKNOWN)
		finding_add_text(x, "bound", "without a bound");
	else
		finding_add_text(x, "bound", "of up to %lld entries", (long long)c->max_size);
	finding_add_number(x, "cache_hits", (double)c->hits, "");
	finding_add_number(x, "cache_misses", (double)c->misses, "");
	if (c->hits == 0)
		finding_add_advice(x, "The cache never hit.");
}

static const char *retained_advice(const char *how)
{
	if (how == WEAK)
		return "A value of the WeakKeyDictionary leads back to its key, so the key never "
		       "dies. Keep in the value what it needs of the key, or a weakref to it; or "
		       "put the value into an attribute of the key.";

	return "The cache has the instance in its keys, so it holds every instance that it has "
	       "seen. Cache by what the answer really depends on (a static or class method, "
	       "a number of the instance), or give each instance its own cache "
	       "(`self.f = lru_cache(maxsize)(self._f)` in the constructor), which only the "
	       "collector frees with it.";
}

static void retained_add_finding(const struct model *m, const struct detect *d,
                                 const struct py_heap *h, const struct holding *k,
                                 struct findings *out)
{
	const struct heap_graph *g = h->graph[k->graph];
	struct py_class class = py_heap_class(h, g, k->sample);
	double bytes = (double)k->bytes;
	bool large = bytes >= detect_option(d, "retained_win_bytes") ||
	             bytes >= detect_option(d, "retained_win_peak_share") *
	                              (double)m->totals.peak_live_bytes;
	struct finding *x = py_class_finding(&class, out, "retained-by-cache",
	                                     large ? VERDICT_WIN : VERDICT_MINOR);
	const struct census_cache *c;
	char place[1000];

	py_heap_place_text(h, g, k->holder, place, sizeof place);
	c = census_of(h, place);
	finding_title(x, "%s: %llu instances live on in the cache of %s, %s", class.stats->name,
	              (unsigned long long)k->n, c ? c->function : place, short_bytes(bytes));
	finding_add_text(x, "function", "%s", c ? c->function : place);
	detect_passed(d, x, "instances", (double)k->n, "", "retained_min_instances", ">=");
	detect_passed(d, x, "held_bytes", bytes, "bytes", "retained_min_bytes", ">=");
	py_heap_add_evidence(h, g, k->sample, x);
	finding_advice(x, "%s", retained_advice(k->how));
	if (c)
		add_cache_evidence(c, x);
	kept_predict_instances(x, m, &class, k->n, bytes,
	                       ENTRY_BYTES * (double)(c ? c->current_size : (int64_t)k->n));
	finding_assumes(x, "assumes that the program has no other use for these instances");
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void retained_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct py_heap *h = detect_event_pass(d)->heap;
	struct holdings_list l = {0};

	for (uint32_t i = 0; i < h->n; i++) {
		uint32_t n = h->graph[i]->n_nodes;
		struct pass p = {.h = h, .graph = i, .out = &l};

		p.cache_of = mem_alloc(n * sizeof *p.cache_of);
		p.counted = mem_zalloc(n, sizeof *p.counted);
		p.reached = mem_zalloc(n, sizeof *p.reached);
		look_at_dicts(&p);
		look_at_weak_keys(&p);
		free(p.cache_of);
		free(p.counted);
		free(p.reached);
	}
	holdings_settle(h, &l);
	for (uint32_t i = 0; i < l.n; i++)
		if ((double)l.list[i].n >= detect_option(d, "retained_min_instances") &&
		    (double)l.list[i].bytes >= detect_option(d, "retained_min_bytes"))
			retained_add_finding(m, d, h, &l.list[i], out);
	free(l.list);
}

DETECTOR_NAMED(retained_by_cache, "retained-by-cache", 20, options, retained_run,
               "instances that only a cache keeps alive");
