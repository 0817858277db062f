/*
 * leak: live bytes of one place rise to the end.
 *
 * Two forms.  Most blocks are freed after a short life and some never are (an error path); or none
 * is ever freed, and nothing suggests that they are kept on purpose (see growth_trend_is_store).  What is
 * allocated in the first half of the run only is a table, not a leak.
 */
#include <stdlib.h>

#include "detect/event_pass.h"
#include "native.h"
#include "growth_trend.h"
#include "util/mem.h"

static struct detector_option options[] = {
	{"leak_min_r2", 0.95, "fit of live bytes to a rising line"},
	{"leak_min_rises", 0.8, "share of moments with more live bytes than the moment before"},
	{"leak_min_spread", 0.5, "share of the run over which the site allocates"},
	{"leak_min_frees_share", 0.05, "frees per allocation below which it may be a cache"},
	{"leak_max_frees_share", 0.999, "frees per allocation above which it is no leak"},
	{"leak_min_live_share", 0.01, "live bytes at the end over the process's peak"},
	{"leak_min_bytes", 8192, "live bytes at the end"},
	{"leak_min_blocks", 32, "live blocks at the end"},
	{"leak_min_culprit", 0.9, "share of what stays that a finer place must hold to be named"},
	{"leak_max_lifetime_share", 0.25,
         "p99 lifetime of the blocks that are freed, over the run"},
	{0},
};

/* A place that frees most of its blocks is no table that is filled at the start: where only the machine may
 * have made the run go on after its growth, the events tell how long it grew. */
static bool grows_to_the_end(const struct detect *d, const struct group *g,
                             const struct growth_trend *r)
{
	double min_rises = detect_option(d, "leak_min_rises");
	double min_spread = detect_option(d, "leak_min_spread");
	bool frees_some = group_frees_share(g) >= detect_option(d, "leak_min_frees_share");

	if (frees_some && growth_trend_rest_is_noise(r) && r->spread_by_event >= min_spread)
		return r->rises >= min_rises;
	return growth_trend_is_steady(r, min_rises, min_spread);
}

static bool is_leak(const struct groups *gs, const struct detect *d, const struct group *g,
                    const struct growth_trend *r)
{
	double frees = group_frees_share(g);
	if (frees >= detect_option(d, "leak_max_frees_share") ||
	    r->r2 < detect_option(d, "leak_min_r2") || !grows_to_the_end(d, g, r))
		return false;
	if (frees < detect_option(d, "leak_min_frees_share"))
		return !growth_trend_is_store(gs, g, r);
	return r->lifetime_share <= detect_option(d, "leak_max_lifetime_share");
}

static void report_leak(const struct groups *gs, const struct detect *d, const struct group *g,
                        const struct growth_trend *r, struct findings *out)
{
	char name[200];
	struct finding *x = findings_add(out, "leak", VERDICT_WIN);

	group_into_finding_by_live(gs, g, x);
	double run_s = (double)gs->model->duration_ns / 1e9;
	finding_title(x, "%s: %lu of %lu blocks are never freed", group_name(g, name, sizeof name),
	              (unsigned long)g->live_blocks, (unsigned long)g->allocs);
	detect_passed(d, x, "r2", r->r2, "", "leak_min_r2", ">=");
	detect_passed(d, x, "rises", r->rises, "share", "leak_min_rises", ">=");
	detect_passed(d, x, "frees_share", group_frees_share(g), "share", "leak_max_frees_share",
	              "<");
	finding_add_number(x, "live_bytes", (double)g->live_bytes, "bytes");
	finding_add_number(x, "live_blocks", (double)g->live_blocks, "");
	if (run_s > 0)
		finding_add_number(x, "bytes_per_second", (double)g->live_bytes / run_s, "per_s");
	native_plan(x, POLICY_FREE);
	native_predict(x, -(double)g->live_blocks, 0, (double)g->at_peak_bytes);
	x->confidence = 1;
	x->score = (double)g->live_bytes / (double)(gs->model->totals.peak_live_bytes + 1);
	finding_advice(
		x,
		"Free these blocks, or find out who still needs them: the number of live ones "
		"rises "
		"through the whole run. Look at the returns between the allocation and its free.");
	finding_assumes(x, "assumes that the blocks left at the end serve no purpose");
}

static bool is_large(const struct model *m, const struct detect *d, const struct group *g)
{
	return growth_trend_is_named(g) &&
	       (double)g->live_bytes >= detect_option(d, "leak_min_bytes") &&
	       (double)g->live_blocks >= detect_option(d, "leak_min_blocks") &&
	       (double)g->live_bytes >=
	               detect_option(d, "leak_min_live_share") * (double)m->totals.peak_live_bytes;
}

static bool has_candidate(const struct model *m, const struct detect *d, const struct groups *gs)
{
	for (uint32_t i = 0; i < gs->n && group_is_place(&gs->list[i]); i++) {
		const struct group *g = &gs->list[i];
		if (is_large(m, d, g) && !native_is_private_pool(g) &&
		    group_frees_share(g) < detect_option(d, "leak_max_frees_share") &&
		    growth_trend_may_rise(gs, g))
			return true;
	}
	return false;
}

static bool is_within(const struct groups *gs, const struct group *part, const struct group *whole)
{
	while (part && part != whole)
		part = group_parent(gs, part);
	return part != NULL;
}

/* The finest place that holds nearly all of what stays: of a function that several others call it is the
 * caller that forgets. */
static const struct group *culprit_of(const struct groups *gs, const struct detect *d,
                                      const struct group *g)
{
	const struct group *found = g;
	double least = detect_option(d, "leak_min_culprit") * (double)g->live_bytes;
	for (uint32_t i = g->index + 1; i < gs->n && group_is_place(&gs->list[i]); i++)
		if ((double)gs->list[i].live_bytes >= least && is_within(gs, &gs->list[i], g))
			found = &gs->list[i];
	return found;
}

/* True if a coarser place that contains this one has a finding. */
static bool leak_is_told(const struct group *g, const bool *told)
{
	for (uint32_t i = 0; i < g->n_sites; i++)
		if (told[g->sites[i]])
			return true;
	return false;
}

static void leak_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_groups(d);

	/* Who knows what was freed after the recording?  And where no place can have lost much, no second
	 * look at the events is needed. */
	if (m->process->stop_reason || !has_candidate(m, d, gs))
		return;
	gs = detect_event_pass(d)->groups;
	bool *told = mem_zalloc(m->n_sites + 1, sizeof *told);
	for (uint32_t i = 0; i < gs->n && group_is_place(&gs->list[i]); i++) {
		const struct group *g = &gs->list[i];
		if (!is_large(m, d, g) || leak_is_told(g, told) || native_is_private_pool(g))
			continue;
		struct growth_trend r = growth_trend_of(gs, g);
		if (!is_leak(gs, d, g, &r))
			continue;
		for (uint32_t k = 0; k < g->n_sites; k++)
			told[g->sites[k]] = true;
		const struct group *culprit = culprit_of(gs, d, g);
		r = growth_trend_of(gs, culprit);
		report_leak(gs, d, culprit, &r, out);
	}

	free(told);
}

DETECTOR(leak, 10, options, leak_run, "live bytes that rise to the end", .parts = MODEL_FREERS);
