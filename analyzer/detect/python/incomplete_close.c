/*
 * `incomplete-close`: instances that are closed when they leave their pool, but whose close() leaves a
 * cycle, so that only the collector frees them.
 *
 * That close() ran shows in the frees made under it (their stacks are recorded for a sample).
 */
#include <math.h>

#include "detect/event_pass.h"
#include "retained_closed.h"

static struct detector_option options[] = {
	{"close_min_freed", 20, "instances freed"},
	{"close_min_gc_share", 0.9, "share of them that only the collector freed"},
	{"close_min_frees", 3, "sampled frees made under close()"},
	{0},
};

/* To about this it is known what waited: close() frees a part that the trace cannot tell. */
#define LOW_SHARE 0.8
#define HIGH_SHARE 1.25

/* At the process's peak: nothing if that is before the first close(), at start-up, say. */
static void incomplete_close_predict(const struct model *m, const struct py_life *l,
                                     struct finding *x)
{
	double waited = closed_saved_bytes(m, l);
	double all = (double)l->class.stats->peak_live *
	             (py_class_structure_bytes(m, &l->class) + py_class_owned_bytes(&l->class));

	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(LOW_SHARE * waited,
	                                             fmax(HIGH_SHARE * waited, all));
}

static void incomplete_close_add_finding(const struct model *m, const struct detect *d,
                                         const struct py_life *l, uint64_t closing,
                                         struct findings *out)
{
	const struct class_stats *s = l->class.stats;
	struct finding *x = py_class_finding(&l->class, out, "incomplete-close", VERDICT_MINOR);

	finding_title(
		x, "%s: close() leaves a reference cycle, %llu instances waited for the collector",
		s->name, (unsigned long long)s->freed_in_gc);
	detect_passed(d, x, "freed", (double)s->freed, "", "close_min_freed", ">=");
	detect_passed(d, x, "gc_freed_share", py_class_gc_freed_share(&l->class), "share",
	              "close_min_gc_share", ">=");
	detect_passed(d, x, "frees_under_close", (double)closing, "", "close_min_frees", ">=");
	finding_add_number(x, "peak_live", (double)s->peak_live, "");
	finding_advice(
		x, "After close() an instance still reaches itself, so its memory stays until a "
		   "collection. Let close() drop every reference that leads back (callbacks, "
		   "registries, loggers, the instance itself); then the last reference frees it.");
	incomplete_close_predict(m, l, x);
}

static void incomplete_close_run(const struct model *m, const struct detect *d,
                                 struct findings *out)
{
	const struct costly_classes *l = &detect_event_pass(d)->lives;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct py_class *k = &l->life[i].class;
		uint64_t closing;

		if (k->stats->freed < detect_option(d, "close_min_freed") ||
		    py_class_gc_freed_share(k) < detect_option(d, "close_min_gc_share"))
			continue;
		closing = costly_life_closing_frees(m, &l->life[i]);
		if (closing >= detect_option(d, "close_min_frees"))
			incomplete_close_add_finding(m, d, &l->life[i], closing, out);
	}
}

DETECTOR_NAMED(incomplete_close, "incomplete-close", 203, options, incomplete_close_run,
               "close() that leaves a reference cycle");
