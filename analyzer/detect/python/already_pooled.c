/*
 * `already-pooled`: costly objects that are built once and used again and again, as they should be.
 * Information, so that a reader sees that the class was looked at.
 */
#include "detect/event_pass.h"

static void already_pooled_add_finding(const struct py_life *l, struct findings *out)
{
	const struct class_stats *s = l->class.stats;
	struct finding *x = py_class_finding(&l->class, out, "already-pooled", VERDICT_INFO);

	finding_title(x, "%s: %llu built and used over and over", s->name,
	              (unsigned long long)s->built);
	finding_add_number(x, "built", (double)s->built, "");
	finding_add_number(x, "peak_live", (double)s->peak_live, "");
	finding_add_number(x, "uses", (double)l->n_uses, "");
	finding_add_number(x, "mean_life_share", l->mean_life_share, "share");
	finding_add_number(x, "constructor_low_ns", l->cost.low_ns, "ns");
	finding_add_number(x, "constructor_high_ns", l->cost.high_ns, "ns");
	finding_advice(
		x, "Nothing to change: instances are costly to build, live long and are reused.");
}

/* Much memory alone does not make it dear: records with a large array in each are no pool. */
static bool takes_long_to_build(const struct py_life *l, const struct detect *d)
{
	return l->ctor_events >= detect_option(d, "pool_min_ctor_events") ||
	       l->median_high_ns >= 1000 * detect_option(d, "pool_min_ctor_us");
}

/* Instances that a cache or a queue keeps are no pool, however long they live. */
static bool has_other_finding(const struct py_class *k, const struct findings *out)
{
	static const char *const kinds[] = {
		"pooled-state-growth",    "incomplete-close",   "retained-by-cache",
		"pinned-by-bound-method", "pinned-by-callable", "class-level-growth",
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (py_class_has(k, out, kinds[i]))
			return true;
	return false;
}

static void already_pooled_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct costly_classes *l = &detect_event_pass(d)->lives;
	(void)m;

	for (uint32_t i = 0; i < l->n; i++)
		if (costly_life_is_pooled(&l->life[i], d) && takes_long_to_build(&l->life[i], d) &&
		    !has_other_finding(&l->life[i].class, out))
			already_pooled_add_finding(&l->life[i], out);
}

DETECTOR_NAMED(already_pooled, "already-pooled", 211, NULL, already_pooled_run,
               "costly objects that are reused already");
