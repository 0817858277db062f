/*
 * region: a group of sites whose blocks all die before the next round begins.  Bump allocation and one
 * reset replace every malloc and free, and the walk that frees.
 *
 * Guard: one block that outlives its round keeps the whole region from being reset; then the group
 * never returns to zero and does not fire.
 */
#include "detect/event_pass.h"
#include "native.h"

static struct detector_option options[] = {
	{"region_min_epochs", 2, "times that the group's live count returns to zero"},
	{"region_min_blocks", 100, "blocks of a round, on the mean"},
	{"region_max_inflation", 2,
         "bytes of the largest round over the group's peak of live bytes"},
	{"region_min_frees_share", 0.99, "frees per allocation"},
	{"region_max_realloc_share", 0.05, "reallocs per allocation"},
	{"region_max_growth_share", 0.5,
         "allocations that are steps of something that grows: asking for its size at once is less"},
	{"region_min_core", 0.98,
         "share of a group's blocks that a smaller one must hold to stand for it"},
	{"region_max_cross_share", 0, "frees by another thread: the region is one thread's"},
	{0},
};

static bool is_region(const struct detect *d, const struct group *g)
{
	if (g->level != GROUP_ANCESTOR ||
	    (double)g->rounds < detect_option(d, "region_min_epochs") ||
	    group_frees_share(g) < detect_option(d, "region_min_frees_share") || g->n_threads > 1 ||
	    g->foreign_frees)
		return false;

	return (double)g->round_allocs >=
	               detect_option(d, "region_min_blocks") * (double)g->rounds &&
	       (double)g->largest.bytes <=
	               detect_option(d, "region_max_inflation") * (double)g->peak_bytes + 65536 &&
	       (double)g->reallocs <=
	               detect_option(d, "region_max_realloc_share") * (double)g->allocs &&
	       (double)g->cross_thread_frees <=
	               detect_option(d, "region_max_cross_share") * (double)g->frees &&
	       group_outgrown_share(g) <= detect_option(d, "region_max_growth_share");
}

static uint64_t region_chunk_bytes(const struct group *g)
{
	uint64_t all = (g->largest.bytes + 16 + 4095) & ~4095ull;
	if (g->language == LANGUAGE_CXX)
		return all; /* a monotonic_buffer_resource keeps no second chunk from round to round */
	uint64_t chunk = all < 65536 ? all : 65536;
	uint64_t four = (4 * g->max_size_bytes + 16 + 4095) & ~4095ull;
	return chunk < four && g->max_size_bytes + 16 > chunk / 4 ? four : chunk;
}

/* Where the last block of a round is freed: there the region may be reset. */
static void tell_freer(const struct model *m, struct finding *x)
{
	const struct site *s = &m->sites[x->sites[0]];
	uint32_t freer = site_top_freer(s);

	if (!freer)
		return;
	struct stack_view v = model_stack(m, freer);
	for (uint32_t i = 0; i < v.n; i++)
		if (!v.frames[i]->wrapper) {
			finding_add_text(x, "reset_at", "%s", v.frames[i]->function);
			return;
		}
}

static void report_region(const struct groups *gs, const struct detect *d, const struct group *g,
                          enum verdict v, double saved_ns, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "region", v);
	uint64_t chunk = region_chunk_bytes(g), n_chunks = (g->largest.bytes + chunk - 1) / chunk;

	finding_title(x, "%s: %lu rounds of %.0f blocks that die together",
	              group_name(g, name, sizeof name), (unsigned long)g->rounds,
	              (double)g->round_allocs / (double)g->rounds);
	native_evidence(x, g);
	detect_passed(d, x, "epochs", (double)g->rounds, "", "region_min_epochs", ">=");
	detect_passed(d, x, "blocks_per_epoch", (double)g->round_allocs / (double)g->rounds, "",
	              "region_min_blocks", ">=");
	detect_passed(d, x, "inflation", (double)g->largest.bytes / (double)(g->peak_bytes + 1), "",
	              "region_max_inflation", "<=");
	finding_add_number(x, "chunk_bytes", (double)chunk, "bytes");
	tell_freer(gs->model, x);
	struct plan *p = native_plan(x, POLICY_REGION);
	p->chunk_bytes = chunk;
	p->round_bytes = g->largest.bytes;
	native_predict(x, (double)(g->allocs + g->frees - g->reallocs - n_chunks), saved_ns,
	               (double)g->peak_bytes - (double)(n_chunks * chunk));
	finding_advice(x, "Allocate what a round needs from a region and reset it when the round "
	                  "is over; free "
	                  "nothing by itself. Wrong if a block is kept beyond its round, if "
	                  "destructors must run, "
	                  "or if rounds overlap on several threads (then one region each).");
	finding_assumes(x, "counts the allocator's time only: the walk that frees and better "
	                   "locality come on top");
	sketch_region(x, g);
}

static bool told_already(const struct findings *out, const struct group *g)
{
	for (uint32_t i = 0; i < out->n; i++) {
		const struct finding *x = out->list[i];
		for (uint32_t k = 0; x->plan && x->plan->policy == POLICY_REGION && k < x->n_sites;
		     k++)
			if (group_has_site(g, x->sites[k]))
				return true;
	}
	return false;
}

/* Where something outlives the rounds, the largest group within g of which nothing does and that holds
 * nearly all of its blocks. */
static const struct group *region_core_of(const struct groups *gs, const struct detect *d,
                                          const struct group *g)
{
	for (uint32_t i = g->index + 1; g->live_blocks && i < gs->n; i++) {
		const struct group *h = &gs->list[i];
		if (is_region(d, h) && !h->live_blocks && group_has_site(g, h->sites[0]) &&
		    (double)h->allocs >= detect_option(d, "region_min_core") * (double)g->allocs)
			return h;
	}
	return g;
}

static void region_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;

	for (uint32_t i = 0; i < gs->n; i++) { /* ancestors come largest first */
		const struct group *g = &gs->list[i];
		if (is_region(d, g))
			g = region_core_of(gs, d, g);
		if (!is_region(d, g) || group_claimed(gs, d, g) || told_already(out, g) ||
		    constructed_around(gs, d, g))
			continue;
		double saved_ns = (double)g->allocs * cost_pair_ns(d, g);
		enum verdict v = native_verdict(m, d, saved_ns, 0);
		if (v != VERDICT_NONE)
			report_region(gs, d, g, v, saved_ns, out);
	}
}

DETECTOR(region, 45, options, region_run, "groups of blocks that die together, round after round");
