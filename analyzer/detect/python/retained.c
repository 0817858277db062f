/*
 * `retained-by-cache`: instances that live on only because a functools.lru_cache on one of their
 * methods has `self` in its keys.
 *
 * The census knows what each cache's keys hold and whether anything else does; an object that lives
 * to the end anyway and is its own cache's only customer is no finding.
 */
#include <stdio.h>
#include <string.h>

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

struct retained {
	const struct census_cache *cache;
	const struct census_cached *held;
	struct py_class class;
	double bytes;
};

static const struct census_path *path_through_cache(const struct census_class *c)
{
	for (uint32_t i = 0; c && i < c->n_paths; i++)
		for (uint32_t k = 0; k < c->paths[i].n_nodes; k++)
			if (!strcmp(c->paths[i].nodes[k].kind, "lru_cache"))
				return &c->paths[i];
	return NULL;
}

static double held_bytes(const struct model *m, const struct retained *r)
{
	if (r->held->owned_bytes > 0)
		return (double)r->held->owned_bytes;
	return (double)r->held->n_only *
	       (py_class_structure_bytes(m, &r->class) + py_class_owned_bytes(&r->class));
}

static void bound_text(const struct census_cache *c, char *out, size_t room)
{
	if (c->max_size == CENSUS_UNKNOWN)
		snprintf(out, room, "without a bound");
	else
		snprintf(out, room, "of up to %lld entries", (long long)c->max_size);
}

static void add_path(const struct retained *r, struct finding *x)
{
	const struct census_path *path = path_through_cache(r->class.census);
	char text[1000];

	if (path) {
		census_path_text(path, text, sizeof text);
		finding_add_text(x, "path", "%s", text);
	} else {
		finding_add_text(x, "path", "lru_cache %s of %lld > key > %s", r->cache->function,
		                 (long long)r->cache->current_size, r->held->name.name);
	}
}

static void retained_add_finding(const struct model *m, const struct detect *d,
                                 const struct retained *r, struct findings *out)
{
	bool large = r->bytes >= detect_option(d, "retained_win_bytes") ||
	             r->bytes >= detect_option(d, "retained_win_peak_share") *
	                                 (double)m->totals.peak_live_bytes;
	struct finding *x = py_class_finding(&r->class, out, "retained-by-cache",
	                                     large ? VERDICT_WIN : VERDICT_MINOR);
	char bound[64];

	bound_text(r->cache, bound, sizeof bound);
	finding_title(x, "%s: %lld instances live on in the cache of %s, %s", r->held->name.name,
	              (long long)r->held->n_only, r->cache->function, short_bytes(r->bytes));
	finding_add_text(x, "function", "%s", r->cache->function);
	finding_add_text(x, "defined_at", "%s:%lld", r->cache->file, (long long)r->cache->line);
	finding_add_passed(x, "instances", (double)r->held->n_only, "",
	                   "retained_min_instances >= %.0f",
	                   detect_option(d, "retained_min_instances"));
	finding_add_passed(x, "held_bytes", r->bytes, "bytes", "retained_min_bytes >= %.0f",
	                   detect_option(d, "retained_min_bytes"));
	finding_add_text(x, "bound", "%s", bound);
	finding_add_number(x, "cache_hits", (double)r->cache->hits, "");
	finding_add_number(x, "cache_misses", (double)r->cache->misses, "");
	add_path(r, x);
	finding_advice(
		x,
		"functools.lru_cache on a method keeps `self` in its keys: the cache, %s, holds "
		"every instance it has seen. Make the method a static or class method of what it "
		"really depends on, or give each instance its own cache "
		"(`self.f = lru_cache(maxsize)(self._f)` in the constructor), which only the "
		"collector frees with it.",
		bound);
	if (r->cache->hits == 0)
		finding_add_advice(x, "The cache never hit.");
	kept_predict_instances(x, m, &r->class, (uint64_t)r->held->n_only, r->bytes,
	                       ENTRY_BYTES * (double)r->cache->current_size);
	finding_assumes(x, "that the program has no other use for these instances");
	x->score = r->bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void retained_look_at(const struct model *m, const struct detect *d, const struct census *c,
                             const struct census_cache *cache, struct findings *out)
{
	for (uint32_t i = 0; i < cache->n_instances; i++) {
		struct retained r = {cache, &cache->instances[i],
		                     py_class_named(m, c, &cache->instances[i].name), 0};

		if (r.held->n_only < detect_option(d, "retained_min_instances"))
			continue;
		r.bytes = held_bytes(m, &r);
		if (r.bytes >= detect_option(d, "retained_min_bytes"))
			retained_add_finding(m, d, &r, out);
	}
}

static void retained_run(const struct model *m, const struct detect *d, struct findings *out)
{
	struct census *c = census_new(m);

	for (uint32_t i = 0; i < c->n_caches; i++)
		if (!strcmp(c->caches[i].kind, "method"))
			retained_look_at(m, d, c, &c->caches[i], out);
	census_free(c);
}

DETECTOR_NAMED(retained_by_cache, "retained-by-cache", 20, options, retained_run,
               "instances that only an lru_cache on their method keeps alive");
