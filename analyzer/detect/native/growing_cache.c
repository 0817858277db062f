/*
 * growing-cache: a store without a bound.  Blocks are added through the whole run and hardly ever
 * dropped; they are found again (an index grows with them), or torn down in order at the end, or come
 * ever more slowly as the keys repeat.
 *
 * What a program has to keep grows just like that: a document, a table of a database.  So this is advice
 * only where the trace shows that entries are looked up again (they come ever more slowly while the work
 * goes on, or a function on the way is named after it) or dropped; otherwise it is information.
 */
#include <math.h>
#include <string.h>

#include "detect/event_pass.h"
#include "native.h"
#include "growth_trend.h"

static struct detector_option options[] = {
	{"cache_max_frees_share", 0.05, "frees before the end, per allocation"},
	{"cache_min_rises", 0.8, "share of moments with more live bytes than the moment before"},
	{"cache_min_spread", 0.5, "share of the run over which the site allocates"},
	{"cache_min_bytes", 262144, "bytes at the end"},
	{"cache_min_share", 0.25, "bytes at the end over the process's peak"},
	{"cache_bound_share", 0.25, "bound to try: this share of the blocks at the end"},
	{0},
};

#define LEVELS_OFF 2.0 /* growth in the first half of the time over growth in the second */
#define STOPPED 16.0   /* the same: it has been loaded, and is used now */
#define MIN_DROPS 8.0  /* frees before the end that are no accident */

#define CHUNK_MIN_BYTES 1024u

/* Large blocks of one size are often chunks of a pool: that few are freed says nothing about entries. */
static bool is_chunk(const struct group *g)
{
	return g->max_size_bytes >= CHUNK_MIN_BYTES && g->bytes == g->allocs * g->max_size_bytes;
}

/* A map's way to find an entry or make it. */
static bool is_found_or_made(const struct groups *gs, const struct group *g)
{
	struct stack_view v = model_site_stack(gs->model, &gs->model->sites[g->sites[0]]);
	for (uint32_t i = 0; i < v.n && v.frames[i] != g->symbol; i++)
		if (strstr(v.frames[i]->function, "::operator[]") ||
		    strstr(v.frames[i]->function, "::try_emplace"))
			return true;
	return false;
}

/* Functions that look something up and make it when it is not there are called like this. */
static bool is_looked_up(const struct groups *gs, const struct group *g,
                         const struct growth_trend *r)
{
	static const char *const words[] = {"cache", "memo", "intern", "lookup", "remember", NULL};
	bool levels_off = r->first_half >= LEVELS_OFF && r->first_half < STOPPED;
	return growth_trend_is_named_after(gs, g, words) ||
	       (!is_chunk(g) && (levels_off || is_found_or_made(gs, g)) &&
	        growth_trend_has_index(gs, g));
}

static bool is_dropped(const struct group *g, double frees)
{
	return !is_chunk(g) && frees * (double)g->allocs >= MIN_DROPS;
}

/* It is there in the last part of the run: what is loaded, used and given back is no cache. */
static bool lasts(const struct group *g, const struct growth_trend *r)
{
	return r->late_bytes * 2 >= (double)g->peak_bytes;
}

static double frees_before_teardown(const struct group *g)
{
	uint64_t frees = g->teardown_frees * 2 >= g->allocs ? g->frees - g->teardown_frees
	                                                    : g->frees;
	return g->allocs ? (double)frees / (double)g->allocs : 1;
}

static bool is_cache(const struct groups *gs, const struct detect *d, const struct group *g,
                     struct growth_trend *r)
{
	if (g->level != GROUP_LINE || !growth_trend_is_named(g) || group_claimed(gs, d, g) ||
	    (double)g->peak_bytes < detect_option(d, "cache_min_bytes") ||
	    (double)g->peak_bytes < detect_option(d, "cache_min_share") *
	                                    (double)gs->model->totals.peak_live_bytes ||
	    g->peak_live < 100 ||
	    frees_before_teardown(g) >= detect_option(d, "cache_max_frees_share") ||
	    native_is_private_pool(g))
		return false;

	*r = growth_trend_of(gs, g);
	return lasts(g, r) &&
	       growth_trend_is_steady(r, detect_option(d, "cache_min_rises"),
	                              detect_option(d, "cache_min_spread")) &&
	       growth_trend_is_store(gs, g, r);
}

/* An entry of a store is often two blocks, a node and what it holds: made by the same function, as many
 * of one as of the other.  They become one finding. */
static bool is_same_store(const struct group *a, const struct group *b)
{
	uint64_t less = a->peak_live < b->peak_live ? a->peak_live : b->peak_live,
		 more = a->peak_live + b->peak_live - less;
	return a->symbol->function_id == b->symbol->function_id && less * 20 >= more * 19;
}

static struct finding *told_with(const struct groups *gs, const struct group *g,
                                 const struct findings *out, uint32_t from)
{
	for (uint32_t i = from; i < out->n; i++)
		if (!strcmp(out->list[i]->kind, "growing-cache") &&
		    is_same_store(&gs->list[gs->line_of_site[out->list[i]->sites[0]] - 1], g))
			return out->list[i];
	return NULL;
}

/* One of the blocks that make an entry is looked up or dropped: then the entry is. */
static bool is_in_use(const struct groups *gs, const struct group *g)
{
	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++) {
		const struct group *h = &gs->list[i];
		if (h != g && !is_same_store(h, g))
			continue;
		struct growth_trend r = growth_trend_of(gs, h);
		if (is_looked_up(gs, h, &r) || is_dropped(h, frees_before_teardown(h)))
			return true;
	}
	return false;
}

/* At least what the bound tried leaves out; a tighter one may save all of it.  The index shrinks with
 * the store: up to all of that, and the copy that its last growth took. */
static void predict_cache(const struct groups *gs, const struct detect *d, struct finding *x,
                          const struct group *g)
{
	const struct model *m = gs->model;
	double kept = detect_option(d, "cache_bound_share");

	x->plan->max_blocks += (uint64_t)((double)g->peak_live * kept) + 1;
	const struct interval told =
		x->prediction.live_bytes_saved; /* of another block of its entries */
	double low = (double)g->at_peak_bytes * (1 - kept) + (told.present ? told.low : 0);
	double beyond = (double)g->at_peak_bytes * kept +
	                (told.present ? told.high - told.low
	                              : 1.5 * (double)growth_trend_index_bytes(gs, g));
	native_predict(x, 0, 0, low);
	x->prediction.live_bytes_saved = interval_of(low, low + beyond);
	x->prediction.allocator_calls_saved.present = false;
	x->score += (double)g->peak_bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void report_cache(const struct groups *gs, const struct detect *d, const struct group *g,
                         const struct growth_trend *r, struct findings *out)
{
	char name[200];
	bool in_use = is_in_use(gs, g);
	struct finding *x = native_finding(gs, g, out, "growing-cache",
	                                   in_use ? VERDICT_WIN : VERDICT_INFO);

	finding_title(x,
	              in_use ? "%s: %lu blocks kept, hardly any dropped, growing to the end"
	                     : "%s: %lu blocks kept to the end: its working set, or a store "
	                       "without a bound",
	              group_name(g, name, sizeof name), (unsigned long)g->peak_live);
	detect_passed(d, x, "frees_share", frees_before_teardown(g), "share",
	              "cache_max_frees_share", "<");
	detect_passed(d, x, "rises", r->rises, "share", "cache_min_rises", ">=");
	finding_add_number(x, "r2", r->r2, "");
	finding_add_number(x, "peak_live_bytes", (double)g->peak_bytes, "bytes");
	finding_add_number(x, "peak_live_blocks", (double)g->peak_live, "");
	finding_add_number(x, "index_grows", growth_trend_has_index(gs, g), "");
	finding_add_number(x, "first_half_over_second", fmin(r->first_half, 1e6), "");
	native_plan(x, POLICY_BOUND);
	predict_cache(gs, d, x, g);
	finding_add_number(x, "bound_tried", (double)x->plan->max_blocks, "");
	x->confidence = 0.8;
	if (!in_use) { /* nothing is promised for what the program may need */
		x->prediction = (struct prediction){.tier = TIER_COUNTED};
		finding_advice(
			x, "Nothing in the trace shows that entries are looked up again or "
			   "dropped. If "
			   "this is a cache, give it a bound; if the program must keep them all, "
			   "nothing is wrong.");
		return;
	}

	finding_advice(x,
	               "If this is a cache, give it a bound and drop the least recently used "
	               "entry. If the "
	               "program must keep them all, this is its working set and nothing is wrong.");
	finding_assumes(x,
	                "assumes a bound of %.0f %% of the entries; entries computed again and "
	                "shorter chains are not counted",
	                100 * detect_option(d, "cache_bound_share"));
	sketch_bound(x, g);
}

/* Information: what a pool of the program's own has taken from the allocator says nothing of its slots. */
static void report_own_pool(const struct groups *gs, const struct group *g, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "own-pool", VERDICT_INFO);

	finding_title(x,
	              "%s: %lu aligned pages of %lu bytes, hardly any given back: a pool of the "
	              "program's own",
	              group_name(g, name, sizeof name), (unsigned long)g->allocs,
	              (unsigned long)g->max_size_bytes);
	native_evidence(x, g);
	finding_add_number(x, "live_bytes", (double)g->live_bytes, "bytes");
	finding_advice(x,
	               "Who takes its slots, and who loses them, is not in the trace: the place "
	               "above only "
	               "happened to need a new page. If the pool can be switched off, record again "
	               "without it.");
}

static void growing_cache_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;

	(void)m;
	uint32_t from = out->n;
	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		struct growth_trend r;
		if (g->level == GROUP_LINE && native_is_private_pool(g) &&
		    (double)g->live_bytes >= detect_option(d, "cache_min_bytes"))
			report_own_pool(gs, g, out);
		if (!is_cache(gs, d, g, &r))
			continue;
		struct finding *x = told_with(gs, g, out, from);
		if (x) {
			group_into_finding(gs, g, x);
			if (x->verdict == VERDICT_WIN)
				predict_cache(gs, d, x, g);
		} else {
			report_cache(gs, d, g, &r, out);
		}
	}
}

DETECTOR_NAMED(growing_cache, "growing-cache", 20, options, growing_cache_run,
               "a store without a bound");
