/*
 * reserve: containers and buffers that start small and grow by doubling to about the same final size.
 * Asking for that size at once saves the steps and their copies.
 *
 * Guard: where most stay small and a few grow large, reserving for the large ones wastes memory on all
 * the others; so at least half of the objects must grow, to sizes that are alike.
 *
 * The opposite fault has the same name: what reserves exactly what its next step needs (realloc by one
 * element, reserve(size() + n) before each insertion) copies everything at each step.  There no size is
 * right for all, and growing by a factor is the remedy.  Most of that cost is copying.
 */
#include <math.h>
#include <string.h>

#include "detect/event_pass.h"
#include "native.h"
#include "own_code.h"

static struct detector_option options[] = {
	{"reserve_min_grown_share", 0.5, "objects that grow at least once"},
	{"reserve_min_steps", 2, "steps of an object that grows, on the mean"},
	{"reserve_max_spread", 2, "p90 over p50 of the final sizes"},
	{"reserve_min_objects", 100, "objects"},
	{"reserve_min_exact_steps", 1000, "steps of objects that take exactly what they need next"},
	{"reserve_min_exact_share", 0.5, "share of the steps that these make"},
	{0},
};

static bool is_reserve(const struct detect *d, const struct group *g)
{
	if (g->level != GROUP_LINE || (double)g->objects < detect_option(d, "reserve_min_objects"))
		return false;
	double p50 = (double)hist_quantile(&g->final_size, 0.5),
	       p90 = (double)hist_quantile(&g->final_size, 0.9);
	return (double)g->grown >=
	               detect_option(d, "reserve_min_grown_share") * (double)g->objects &&
	       (double)g->copy_growth_steps >=
	               detect_option(d, "reserve_min_steps") * (double)g->grown &&
	       p90 <= detect_option(d, "reserve_max_spread") * p50;
}

/* The largest final size if all are alike, else the 90th percentile. */
static uint64_t reserve_bytes(const struct group *g)
{
	uint64_t p50 = hist_quantile(&g->final_size, 0.5);
	if (g->final_cap_bytes <= 2 * p50)
		return g->final_cap_bytes;
	return hist_quantile(&g->final_size, 0.9);
}

/* The container must be one that the place itself holds: what grows inside a stream, a pattern or another
 * library's function is out of its reach, and so is a container while it is constructed from a range. */
static bool is_within_reach(const struct groups *gs, const struct group *g)
{
	struct stack_view v = model_site_stack(gs->model, &gs->model->sites[g->sites[0]]);
	uint32_t own = code_own_frame(gs->helpers, &v);
	const struct symbol *outermost = own && v.n ? v.frames[own - 1] : NULL;
	if (!outermost || v.frames[own]->language != LANGUAGE_CXX || !code_is_standard(outermost))
		return true; /* C, Rust, or a helper of the program's own */
	if (!strncmp(outermost->function, "operator new", 12))
		return true; /* a buffer of the program's own */

	/* Members of templates over a type without a name outside of its file have no class in their name: the
	 * header that they are in tells. */
	static const char *const headers[] = {"stl_vector.h", "vector.tcc", "basic_string.h",
	                                      "basic_string.tcc", NULL};
	static const char *const containers[] = {"std::vector<", "std::__cxx11::basic_string<",
	                                         "std::basic_string<", "std::__cxx1998::vector<"};
	const char *name = outermost->function, *end = strchr(name, '(');
	bool is_container = code_is_in_header(outermost, headers);
	for (size_t i = 0; i < sizeof containers / sizeof *containers; i++) {
		const char *at = strstr(name, containers[i]);
		is_container |= at && (!end || at < end);
	}
	for (uint32_t i = 0; i < own; i++)
		if (strstr(v.frames[i]->function, "_M_range_initialize"))
			return false;
	return is_container;
}

static void report_reserve(const struct groups *gs, const struct detect *d, const struct group *g,
                           enum verdict v, double saved_ns, double extra_bytes,
                           struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "reserve", v);
	uint64_t bytes = reserve_bytes(g);

	finding_title(x, "%s: grows %.1f times to about %lu bytes",
	              group_name(g, name, sizeof name),
	              (double)g->copy_growth_steps / (double)g->grown, (unsigned long)bytes);
	native_evidence(x, g);
	finding_add_number(x, "objects", (double)g->objects, "");
	detect_passed(d, x, "grown_share", (double)g->grown / (double)g->objects, "share",
	              "reserve_min_grown_share", ">=");
	detect_passed(d, x, "steps", (double)g->copy_growth_steps / (double)g->grown, "",
	              "reserve_min_steps", ">=");
	finding_add_number(x, "final_p50_bytes", (double)hist_quantile(&g->final_size, 0.5),
	                   "bytes");
	finding_add_number(x, "final_p90_bytes", (double)hist_quantile(&g->final_size, 0.9),
	                   "bytes");
	finding_add_number(x, "reserve_bytes", (double)bytes, "bytes");
	struct plan *p = native_plan(x, POLICY_RESERVE);
	p->reserve_bytes = bytes;
	p->by_realloc = g->reallocs * 2 >= g->copy_growth_steps;

	/* A step by realloc is one call, a step by copying is two. */
	double calls = (double)g->copy_growth_steps * (p->by_realloc ? 1 : 2);
	native_predict(x, calls, saved_ns, -extra_bytes);
	finding_advice(x,
	               "Ask for %lu bytes at once. Wrong for objects that mostly stay small, and "
	               "for ones kept "
	               "in large numbers: what is reserved and not used is memory.",
	               (unsigned long)bytes);
	finding_assumes(x,
	                "assumes that the program grows by the same rule beyond what is reserved");
	sketch_reserve(x, g);
}

static bool is_exact(const struct detect *d, const struct group *g)
{
	return g->level == GROUP_LINE &&
	       (double)g->exact_steps >= detect_option(d, "reserve_min_exact_steps") &&
	       (double)g->exact_steps >=
	               detect_option(d, "reserve_min_exact_share") * (double)g->copy_growth_steps;
}

/* Steps of one object that grows by a factor of two instead; no more than it takes now. */
static double steps_by_factor(const struct group *g)
{
	double steps = (double)g->exact_steps / (double)g->exact_objects;
	return fmin(log2(steps + 1) + 1, steps);
}

static void report_exact(const struct groups *gs, const struct detect *d, const struct group *g,
                         enum verdict v, double saved_ns, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "reserve", v);
	double steps = (double)g->exact_steps / (double)g->exact_objects;
	double saved = (double)g->exact_calls * (1 - steps_by_factor(g) / steps);

	finding_title(x, "%s: takes exactly what the next step needs, %.0f times an object",
	              group_name(g, name, sizeof name), steps);
	native_evidence(x, g);
	finding_add_number(x, "exact_objects", (double)g->exact_objects, "");
	detect_passed(d, x, "exact_steps", (double)g->exact_steps, "", "reserve_min_exact_steps",
	              ">=");
	finding_add_number(x, "copied_bytes", (double)g->exact_copied_bytes, "bytes");
	finding_add_number(x, "final_p50_bytes", (double)hist_quantile(&g->final_size, 0.5),
	                   "bytes");
	finding_add_number(x, "final_p90_bytes", (double)hist_quantile(&g->final_size, 0.9),
	                   "bytes");
	native_plan(x, POLICY_RESERVE)->grow_by_factor = true;
	native_predict(x, saved, saved_ns, 0);
	finding_advice(x, "Let it grow by a factor: leave growing to push_back() or insert(), or "
	                  "double the "
	                  "room when it is full. At each step everything is copied now. One size "
	                  "reserved for "
	                  "all would be wrong where they differ.");
	finding_assumes(x,
	                "room for up to twice of what is needed; moving costs what copying does");
	sketch_grow(x, g);
}

/* The finding that tells it already: of a function of the program's own that grows what several places hold,
 * it is this function that must change. */
static struct finding *exact_told(const struct groups *gs, const struct group *g,
                                  const struct findings *out)
{
	for (uint32_t i = 0; g->through && i < out->n; i++) {
		struct finding *x = out->list[i];
		if (!x->plan || !x->plan->grow_by_factor)
			continue;
		uint32_t line = gs->line_of_site[x->sites[0]];
		const struct symbol *through = line ? gs->list[line - 1].through : NULL;
		if (through && through->function_id == g->through->function_id)
			return x;
	}
	return NULL;
}

/* True if the place takes too little at each step; then it has a finding, if it is worth one. */
static bool exact_run(const struct groups *gs, const struct detect *d, const struct group *g,
                      struct findings *out)
{
	if (!is_exact(d, g))
		return false;
	const struct cost_table *costs = detect_costs(d);
	double saved_ns = (double)g->exact_steps * costs->small_bin_ns +
	                  (double)g->exact_copied_bytes * costs->copy_byte_ns;
	enum verdict v = native_verdict(gs->model, d, saved_ns, 0);
	struct finding *told = exact_told(gs, g, out);
	if (told)
		group_into_finding(gs, g, told);
	else if (v != VERDICT_NONE)
		report_exact(gs, d, g, v, saved_ns, out);
	return true;
}

static void reserve_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;

	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (group_claimed(gs, d, g) || !is_within_reach(gs, g) ||
		    exact_run(gs, d, g, out) || !is_reserve(d, g) || constructed_around(gs, d, g))
			continue;
		double copied = (double)g->copy_growth_steps *
		                (double)hist_quantile(&g->final_size, 0.5) / 4;
		double saved_ns = (double)g->copy_growth_steps * detect_costs(d)->small_bin_ns +
		                  copied * detect_costs(d)->copy_byte_ns;
		double waste = (double)g->peak_live * (double)reserve_bytes(g) -
		               (double)g->peak_bytes;
		enum verdict v = native_verdict(m, d, saved_ns, 0);
		if (v != VERDICT_NONE && !native_bytes_matter(m, d, waste))
			report_reserve(gs, d, g, v, saved_ns, waste > 0 ? waste : 0, out);
	}
}

DETECTOR(reserve, 70, options, reserve_run, "containers that grow to about the same size");
