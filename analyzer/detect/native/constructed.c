/*
 * constructed-reuse: a function that builds the same object of many blocks again and again, one at a
 * time: a statement prepared for each row, a pattern compiled for each line.  Building it once and
 * resetting it saves the whole construction, of which the allocator's part is the least; how much the
 * rest costs cannot be seen in a trace, so nothing is promised beyond the calls.
 *
 * The sign: everything under one function returns to zero many times, nearly all of it after the same
 * number of allocations as the time before, which come from several places.
 */
#include "detect/event_pass.h"
#include "growth_trend.h"
#include "native.h"

static struct detector_option options[] = {
	{"constructed_min_epochs", 100, "times that it is built"},
	{"constructed_min_blocks", 5, "blocks of one construction"},
	{"constructed_max_blocks", 100000,
         "blocks of one construction: what makes more is a phase of the program"},
	{"constructed_min_places", 4, "places that they come from"},
	{"constructed_min_filled_places", 3,
         "the same of a structure that is filled: constructions as large as the one before in "
         "bytes, too, of "
         "some blocks for each place"},
	{"constructed_min_filled_blocks", 3, "these blocks"},
	{"constructed_min_core", 0.98, "share of the blocks under the function that is named"},
	{"constructed_min_same", 0.9,
         "share of the blocks that are in constructions as large as the one before"},
	{0},
};

/* Blocks of several kinds that make one thing: from many places, or from some with the same contents. */
static bool is_of_parts(const struct detect *d, const struct group *g, double blocks)
{
	if (g->n_lines >= (uint32_t)detect_option(d, "constructed_min_places"))
		return true;
	return g->n_lines >= (uint32_t)detect_option(d, "constructed_min_filled_places") &&
	       blocks >= detect_option(d, "constructed_min_filled_blocks") * g->n_lines &&
	       (double)g->alike_allocs >=
	               detect_option(d, "constructed_min_same") * (double)g->round_allocs;
}

static bool is_constructed(const struct detect *d, const struct group *g)
{
	if (g->level != GROUP_ANCESTOR ||
	    (double)g->rounds < detect_option(d, "constructed_min_epochs"))
		return false;
	double blocks = (double)g->round_allocs / (double)g->rounds;
	return blocks >= detect_option(d, "constructed_min_blocks") &&
	       blocks <= detect_option(d, "constructed_max_blocks") && is_of_parts(d, g, blocks) &&
	       (double)g->same_allocs >=
	               detect_option(d, "constructed_min_same") * (double)g->round_allocs;
}

const struct group *constructed_around(const struct groups *gs, const struct detect *d,
                                       const struct group *g)
{
	for (uint32_t i = 0; i < gs->n; i++)
		if (is_constructed(d, &gs->list[i]) && group_has_site(&gs->list[i], g->sites[0]))
			return &gs->list[i];
	return NULL;
}

static void report_constructed(const struct groups *gs, const struct detect *d,
                               const struct group *g, enum verdict v, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "constructed-reuse", v);
	double blocks = (double)g->round_allocs / (double)g->rounds;

	finding_title(x, "%s builds the same %.0f blocks %lu times",
	              group_name(g, name, sizeof name), blocks, (unsigned long)g->rounds);
	finding_add_number(x, "constructions", (double)g->rounds, "");
	finding_add_number(x, "blocks_per_construction", blocks, "");
	finding_add_number(x, "places", g->n_lines, "");
	detect_passed(d, x, "same_share", (double)g->same_allocs / (double)g->round_allocs, "share",
	              "constructed_min_same", ">=");
	native_predict(x, (double)(g->allocs + g->frees - g->reallocs) - 2 * blocks, 0, 0);

	/* Blocks of the construction and blocks of the use are not separated. */
	x->prediction.allocator_calls_saved.low *= 0.5;
	x->prediction.allocator_calls_saved.high +=
		blocks; /* the reused object need not be freed */
	x->prediction.tier = TIER_COUNTED;
	x->confidence = 0.3;
	x->score = 0.3 * (double)g->allocs * cost_pair_ns(d, g) / native_cpu_ns(gs->model);
	finding_advice(x, "Build it once, keep it, and reset it for each use; or keep a few by "
	                  "their arguments. The "
	                  "construction itself, not the allocator, is what that saves. Wrong if "
	                  "the arguments "
	                  "differ each time, or if resetting is as dear as building.");
	finding_assumes(x, "assumes that all constructions are alike; the time of constructing is "
	                   "not predicted");
}

/* The innermost function under which nearly all of it is built. */
static const struct group *constructed_core_of(const struct groups *gs, const struct detect *d,
                                               const struct group *g)
{
	const struct group *core = g;
	for (uint32_t i = g->index + 1; i < gs->n; i++) {
		const struct group *h = &gs->list[i];
		if (is_constructed(d, h) && group_has_site(g, h->sites[0]) &&
		    (double)h->allocs >=
		            detect_option(d, "constructed_min_core") * (double)g->allocs)
			core = h;
	}
	return core;
}

/* Largest first: a function and a callee that builds the same object give one finding, with all its blocks. */
static void constructed_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;
	const struct group *told = NULL;

	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (!is_constructed(d, g) || group_claimed(gs, d, g) ||
		    (told && group_has_site(told, g->sites[0])))
			continue;
		enum verdict v = native_verdict(m, d, (double)g->allocs * cost_pair_ns(d, g), 0);
		const struct group *core = constructed_core_of(gs, d, g);
		if (v == VERDICT_NONE || !growth_trend_is_named(core))
			continue;
		report_constructed(gs, d, core, v, out);
		told = g;
	}
}

DETECTOR_NAMED(constructed, "constructed-reuse", 100, options, constructed_run,
               "the same object of many blocks built again and again");
