/*
 * growing-cache: a store without a bound.  Blocks are added through the whole run and hardly ever
 * dropped; they are found again (an index grows with them), or torn down in order at the end, or come
 * ever more slowly as the keys repeat.
 */
#include "detect/native.h"
#include "detect/rise.h"

static struct detector_option options[] = {
	{"cache_max_frees_share", 0.05, "frees before the end, per allocation"},
	{"cache_min_rises", 0.8, "share of moments with more live bytes than the moment before"},
	{"cache_min_spread", 0.5, "share of the run over which the site allocates"},
	{"cache_min_bytes", 262144, "bytes at the end"},
	{"cache_min_share", 0.25, "bytes at the end over the process's peak"},
	{"cache_bound_share", 0.25, "bound to try: this share of the blocks at the end"},
	{0},
};

static double frees_before_teardown(const struct group *g)
{
	uint64_t frees = g->teardown_frees * 2 >= g->allocs ? g->frees - g->teardown_frees
	                                                    : g->frees;
	return g->allocs ? (double)frees / (double)g->allocs : 1;
}

static void report_cache(const struct groups *gs, const struct detect *d, const struct group *g,
                         const struct rise *r, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "growing-cache", VERDICT_WIN);
	double kept = detect_option(d, "cache_bound_share");
	finding_title(x, "%s: %lu blocks kept, none dropped, growing to the end",
	              group_name(g, name, sizeof name), (unsigned long)g->peak_live);
	finding_add_passed(x, "frees_share", frees_before_teardown(g), "share",
	                   "cache_max_frees_share < 0.05");
	finding_add_passed(x, "rises", r->rises, "share", "cache_min_rises >= 0.8");
	finding_add_number(x, "r2", r->r2, "");
	finding_add_number(x, "peak_live_bytes", (double)g->peak_bytes, "bytes");
	finding_add_number(x, "peak_live_blocks", (double)g->peak_live, "");
	finding_add_number(x, "index_grows", rise_has_index(gs, g), "");
	struct plan *p = native_plan(x, POLICY_BOUND);
	p->max_blocks = (uint64_t)((double)g->peak_live * kept) + 1;
	finding_add_number(x, "bound_tried", (double)p->max_blocks, "");
	native_predict(x, 0, 0, (double)g->at_peak_bytes * (1 - kept));
	x->prediction.allocator_calls_saved.present = false;
	x->confidence = 0.8;
	x->score = (double)g->peak_bytes / (double)(gs->model->totals.peak_live_bytes + 1);
	finding_advice(x,
	               "If this is a cache, give it a bound and drop the least recently used "
	               "entry. If the "
	               "program must keep them all, this is its working set and nothing is wrong.");
	finding_assumes(x, "a bound of a quarter of the entries; entries computed again and "
	                   "shorter chains are not seen");
	sketch_bound(x, g);
}

static void growing_cache_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = groups_get(m);
	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (g->level != GROUP_LINE || group_claimed(gs, d, g) ||
		    (double)g->peak_bytes < detect_option(d, "cache_min_bytes") ||
		    (double)g->peak_bytes < detect_option(d, "cache_min_share") *
		                                    (double)m->totals.peak_live_bytes ||
		    g->peak_live < 100 ||
		    frees_before_teardown(g) >= detect_option(d, "cache_max_frees_share"))
			continue;
		struct rise r = rise_of(gs, g);
		if (rise_is_steady(&r, detect_option(d, "cache_min_rises"),
		                   detect_option(d, "cache_min_spread")) &&
		    rise_is_store(gs, g, &r))
			report_cache(gs, d, g, &r, out);
	}
}

DETECTOR_NAMED(growing_cache, "growing-cache", 20, options, growing_cache_run,
               "a store without a bound");
