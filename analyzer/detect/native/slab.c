/*
 * slab: blocks of one size, made and freed all the time, by one thread each.  A free list over chunks
 * serves them in a few instructions.
 *
 * Guards: sizes that differ would leave most of a slot empty; a pool sized for a peak that is hardly
 * ever reached would hoard; and where the rate is low the allocator is fast enough.
 */
#include "detect/event_pass.h"
#include "native.h"

static struct detector_option options[] = {
	{"slab_min_frees_share", 0.5, "frees per allocation"},
	{"slab_max_cross_share", 0, "frees by another thread: the pool is one thread's"},
	{"slab_min_use", 0.25, "mean over peak of live blocks; below, a pool would hoard"},
	{"slab_max_grown_share", 0.05, "blocks that grow by realloc or copying"},
	{0},
};

static bool is_slab(const struct detect *d, const struct group *g)
{
	return group_is_place(g) && native_can_pool(d, g) && native_churns(d, g) &&
	       (double)g->allocs >= detect_option(d, "native_min_blocks") &&
	       group_frees_share(g) >= detect_option(d, "slab_min_frees_share") &&
	       (double)g->cross_thread_frees <=
	               detect_option(d, "slab_max_cross_share") * (double)g->frees &&
	       group_outgrown_share(g) <= detect_option(d, "slab_max_grown_share") &&
	       native_one_size(d, g) && native_slot_bytes(g) <= 65536 && !native_would_hoard(d, g);
}

static void report_slab(const struct groups *gs, const struct detect *d, const struct group *g,
                        enum verdict v, double saved_ns, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "slab", v);
	struct plan *p = native_plan(x, POLICY_SLAB);

	p->slot_bytes = native_slot_bytes(g);
	p->chunk_slots = native_chunk_slots(NATIVE_CHUNK_BYTES, p->slot_bytes, g->peak_live);
	uint64_t chunks = (g->peak_live + p->chunk_slots - 1) / p->chunk_slots;
	finding_title(x, "%s: %lu blocks of %lu bytes, at most %lu at a time",
	              group_name(g, name, sizeof name), (unsigned long)g->allocs,
	              (unsigned long)g->max_size_bytes, (unsigned long)g->peak_live);
	native_evidence(x, g);
	detect_passed(d, x, "frees_share", group_frees_share(g), "share", "slab_min_frees_share",
	              ">=");
	finding_add_number(x, "slot_bytes", (double)p->slot_bytes, "bytes");
	finding_add_number(x, "slots", (double)g->peak_live, "");
	finding_add_number(x, "slots_p99", (double)group_concurrency(g, 0.99), "");
	finding_add_number(x, "chunk_slots", (double)p->chunk_slots, "");
	finding_add_number(x, "bound_slots", (double)(g->peak_live + g->peak_live / 4), "");
	finding_add_text(x, "sharing", "%s", g->n_threads > 1 ? "per-thread" : "one thread");
	native_predict(x, (double)(g->allocs + g->frees - g->reallocs - chunks), saved_ns,
	               (double)g->peak_bytes - (double)(chunks * p->chunk_slots * p->slot_bytes));
	finding_advice(x,
	               "Serve them from a slab: slots of %lu bytes, chunks of %lu, a free list%s. "
	               "The pool does not "
	               "shrink: bound it at %lu slots and fall back to malloc. Reused slots hold "
	               "old data, and "
	               "sanitizers lose sight of them.",
	               (unsigned long)p->slot_bytes, (unsigned long)p->chunk_slots,
	               g->n_threads > 1 ? " per thread" : "",
	               (unsigned long)(g->peak_live + g->peak_live / 4));
	finding_assumes(x,
	                "assumes that this run is a representative one; locality is not counted");
	sketch_slab(x, g);
}

static void slab_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;

	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (!is_slab(d, g) || group_claimed(gs, d, g) || constructed_around(gs, d, g))
			continue;
		const struct group *parent = group_parent(gs, g);
		while (parent && !is_slab(d, parent))
			parent = group_parent(gs, parent);
		if (parent)
			continue; /* told with a coarser place */
		double saved_ns = (double)g->frees * cost_pair_ns(d, g);
		enum verdict v = native_verdict(m, d, saved_ns, 0);
		if (v != VERDICT_NONE)
			report_slab(gs, d, g, v, saved_ns, out);
	}
}

DETECTOR(slab, 90, options, slab_run, "blocks of one size made and freed all the time");
