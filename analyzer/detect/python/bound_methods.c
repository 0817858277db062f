/*
 * `bound-methods`: how many method objects the program made by fetching methods without calling them
 * on the spot, by class and function.
 *
 * The recorder counts the objects themselves as they die, so a direct call `o.m()`, which makes none,
 * cannot show here.  Information; advice only where it is a real share of the untraced run.
 */
#include <math.h>
#include <string.h>

#include "class.h"

static struct detector_option options[] = {
	{"bound_min_objects", 50000, "method objects of one function that are worth telling"},
	{"bound_min_cpu_share", 0.01,
         "their least cost as a share of the untraced run: minor from here on"},
	{"bound_win_cpu_share", 0.03, "the same: a win from here on"},
	{"bound_low_ns", 15, "what making and dropping one costs, at least"},
	{"bound_high_ns", 120, "the same, at most"},
	{0},
};

static enum verdict verdict_of(const struct model *m, const struct detect *d, double low_ns)
{
	double cpu_ns = (double)model_untraced_cpu_ns(m);

	if (cpu_ns <= 0 || low_ns < detect_option(d, "bound_min_cpu_share") * cpu_ns)
		return VERDICT_INFO;
	return low_ns < detect_option(d, "bound_win_cpu_share") * cpu_ns ? VERDICT_MINOR
	                                                                 : VERDICT_WIN;
}

#define SAME_COUNT 0.1 /* objects that still live, or were made by another version of the line */

/* The one site that made about as many method objects as this function's died; NULL: a free list hides them,
 * or several sites could be meant. */
static const struct tally_entry *making_site(const struct class_stats *c,
                                             const struct trace_bound *b)
{
	const struct tally_entry *found = NULL;

	for (uint32_t i = 0; i < c->sites.n; i++) {
		const struct tally_entry *e = &c->sites.entry[i];
		double difference = fabs((double)e->count - (double)b->n_made);

		if (difference > SAME_COUNT * (double)b->n_made)
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

static const struct class_stats *method_class(const struct model *m)
{
	for (uint32_t i = 0; i < m->n_classes; i++)
		if (!strcmp(m->classes[i].name, "method") &&
		    !strcmp(m->classes[i].module, "builtins"))
			return &m->classes[i];
	return NULL;
}

static void bound_methods_add_finding(const struct model *m, const struct detect *d,
                                      const struct trace_bound *b, struct findings *out)
{
	double low_ns = (double)b->n_made * detect_option(d, "bound_low_ns");
	double high_ns = (double)b->n_made * detect_option(d, "bound_high_ns");
	const struct class_stats *methods = method_class(m);
	const struct tally_entry *site = methods ? making_site(methods, b) : NULL;
	const char *class_name = trace_class(m->trace, b->class_id)->name;
	bool qualified = strchr(b->function, '.') != NULL;
	enum verdict v = verdict_of(m, d, low_ns);
	struct finding *x = findings_add(out, "bound-methods", v);

	x->class_id = b->class_id;
	x->confidence = 1;
	if (site)
		finding_add_site(x, (uint32_t)site->key);
	finding_title(x, "%s%s%s: %llu bound methods made and dropped", qualified ? "" : class_name,
	              qualified ? "" : ".", b->function, (unsigned long long)b->n_made);
	finding_add_text(x, "function", "%s", b->function);
	detect_passed(d, x, "objects", (double)b->n_made, "", "bound_min_objects", ">=");
	finding_add_number(x, "low_ns_each", detect_option(d, "bound_low_ns"), "ns");
	finding_add_number(x, "high_ns_each", detect_option(d, "bound_high_ns"), "ns");
	finding_advice(
		x,
		"Fetching a method from an instance or class without calling it on the spot makes "
		"an object of 64 bytes each time; calling it directly makes none.");
	if (v != VERDICT_INFO)
		finding_add_advice(x, "Fetch it once, before the loop, or call it directly.");
	x->prediction.tier = TIER_MODELLED;
	x->prediction.objects_saved = interval_of((double)b->n_made, (double)b->n_made);
	x->prediction.cpu_ms_saved = interval_of(low_ns / 1e6, high_ns / 1e6);
}

static void bound_methods_run(const struct model *m, const struct detect *d, struct findings *out)
{
	for (uint32_t i = 0; i < m->trace->n_bounds; i++)
		if ((double)m->trace->bounds[i].n_made >= detect_option(d, "bound_min_objects"))
			bound_methods_add_finding(m, d, &m->trace->bounds[i], out);
}

DETECTOR_NAMED(bound_methods, "bound-methods", 210, options, bound_methods_run,
               "method objects made by fetching methods");
