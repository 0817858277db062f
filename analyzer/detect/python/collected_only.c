/*
 * `collected-only`: instances in reference cycles, or held from one, which only the collector frees.
 * Information: reference counting would have freed them at once.
 *
 * Says so when the cycle is that of a functools.lru_cache made for each instance.
 */
#include <string.h>

#include "detect/event_pass.h"

static struct detector_option options[] = {
	{"collected_min_freed", 500, "instances freed"},
	{"collected_min_share", 0.9, "share of them that the collector freed"},
	{0},
};

/* Wrappers of lru_cache, of which one was made for each instance. */
static bool has_cache_each(const struct model *m, const struct class_stats *s)
{
	for (uint32_t i = 0; i < m->n_classes; i++) {
		const struct class_stats *w = &m->classes[i];

		if (strstr(w->name, "_lru_cache_wrapper") && w->built >= s->built &&
		    w->freed_in_gc >= s->freed_in_gc && w->built <= s->built + s->built / 10 + 50)
			return true;
	}
	return false;
}

static void collected_only_add_finding(const struct model *m, const struct detect *d,
                                       const struct py_class *k, struct findings *out)
{
	const struct class_stats *s = k->stats;
	struct finding *x = py_class_finding(k, out, "collected-only", VERDICT_INFO);

	finding_title(x, "%s: only the collector frees instances", s->name);
	detect_passed(d, x, "freed", (double)s->freed, "", "collected_min_freed", ">=");
	detect_passed(d, x, "gc_freed_share", py_class_gc_freed_share(k), "share",
	              "collected_min_share", ">=");
	finding_add_number(x, "peak_live", (double)s->peak_live, "");
	finding_advice(x,
	               "Instances are in reference cycles, or held by something that is, so they "
	               "stay until "
	               "a collection: up to %llu were alive at a time.",
	               (unsigned long long)s->peak_live);
	if (has_cache_each(m, s)) {
		finding_add_text(x, "cache", "a functools.lru_cache for each instance");
		finding_add_advice(
			x, "Each has a functools.lru_cache of its own bound method: that is the "
			   "cycle, and the price of a cache that dies with its instance.");
	}
}

static void collected_only_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct census *c = detect_event_pass(d)->heap->census;

	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class k = py_class_at(m, c, i);

		if ((double)k.stats->freed >= detect_option(d, "collected_min_freed") &&
		    py_class_gc_freed_share(&k) >= detect_option(d, "collected_min_share") &&
		    py_class_is_users(m, &k) && !py_class_has(&k, out, "pool") &&
		    !py_class_has(&k, out, "incomplete-close"))
			collected_only_add_finding(m, d, &k, out);
	}
}

DETECTOR_NAMED(collected_only, "collected-only", 212, options, collected_only_run,
               "instances that only the collector frees");
