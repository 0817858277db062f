/*
 * leak: live bytes of one place rise to the end.
 *
 * Two forms.  Most blocks are freed after a short life and some never are (an error path); or none
 * is ever freed, and nothing suggests that they are kept on purpose (see copy_growth_trend_is_store).  What is
 * allocated in the first half of the run only is a table, not a leak.
 */
#include "detect/event_pass.h"
#include "native.h"
#include "growth_trend.h"

static struct detector_option options[] = {
	{"leak_min_r2", 0.95, "fit of live bytes to a rising line"},
	{"leak_min_rises", 0.8, "share of moments with more live bytes than the moment before"},
	{"leak_min_spread", 0.5, "share of the run over which the site allocates"},
	{"leak_min_frees_share", 0.05, "frees per allocation below which it may be a cache"},
	{"leak_max_frees_share", 0.999, "frees per allocation above which it is no leak"},
	{"leak_min_live_share", 0.01, "live bytes at the end over the process's peak"},
	{"leak_min_bytes", 8192, "live bytes at the end"},
	{"leak_min_blocks", 32, "live blocks at the end"},
	{"leak_max_lifetime_share", 0.25,
         "p99 lifetime of the blocks that are freed, over the run"},
	{0},
};

static bool is_leak(const struct groups *gs, const struct detect *d, const struct group *g,
                    const struct growth_trend *r)
{
	double frees = group_frees_share(g);
	if (frees >= detect_option(d, "leak_max_frees_share") ||
	    r->r2 < detect_option(d, "leak_min_r2") ||
	    !copy_growth_trend_is_steady(r, detect_option(d, "leak_min_rises"),
	                                 detect_option(d, "leak_min_spread")))
		return false;
	if (frees < detect_option(d, "leak_min_frees_share"))
		return !copy_growth_trend_is_store(gs, g, r);
	return r->lifetime_share <= detect_option(d, "leak_max_lifetime_share");
}

static void report_leak(const struct groups *gs, const struct group *g,
                        const struct growth_trend *r, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "leak", VERDICT_WIN);
	double run_s = (double)gs->model->duration_ns / 1e9;
	finding_title(x, "%s: %lu of %lu blocks are never freed", group_name(g, name, sizeof name),
	              (unsigned long)g->live_blocks, (unsigned long)g->allocs);
	finding_add_passed(x, "r2", r->r2, "", "leak_min_r2 >= 0.95");
	finding_add_passed(x, "rises", r->rises, "share", "leak_min_rises >= 0.8");
	finding_add_passed(x, "frees_share", group_frees_share(g), "share",
	                   "leak_max_frees_share < 0.999");
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
	finding_assumes(x, "that the blocks left at the end serve no purpose");
}

static void leak_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_look(d)->groups;
	if (m->process->stop_reason)
		return; /* who knows what was freed after the recording */
	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (g->level != GROUP_LINE || !copy_growth_trend_is_named(g) ||
		    (double)g->live_bytes < detect_option(d, "leak_min_bytes") ||
		    (double)g->live_blocks < detect_option(d, "leak_min_blocks") ||
		    (double)g->live_bytes < detect_option(d, "leak_min_live_share") *
		                                    (double)m->totals.peak_live_bytes)
			continue;
		struct growth_trend r = copy_growth_trend_of(gs, g);
		if (is_leak(gs, d, g, &r))
			report_leak(gs, g, &r, out);
	}
}

DETECTOR(leak, 10, options, leak_run, "live bytes that rise to the end");
