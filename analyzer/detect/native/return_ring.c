/*
 * return-ring: blocks that one thread makes and another frees.  The allocator's per-thread caches run
 * empty on one side and full on the other, and every call ends at a lock.  A pool of the making thread,
 * to which the other one gives slots back through one atomic list, avoids that.
 */
#include "detect/event_pass.h"
#include "native.h"

static struct detector_option options[] = {
	{"ring_min_cross_share", 0.1, "frees by another thread"},
	{"ring_min_frees_share", 0.5, "frees per allocation"},
	{0},
};

static void report_ring(const struct groups *gs, const struct detect *d, const struct group *g,
                        enum verdict v, double saved_ns, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "return-ring", v);
	struct plan *p = native_plan(x, POLICY_RING);
	double cross = (double)g->cross_thread_frees / (double)g->frees;

	p->slot_bytes = native_slot_bytes(g);

	/* How many are under way depends on timing: a chunk's worth, or twice what was recorded. */
	uint64_t room = g->peak_live * 2;
	p->chunk_slots = native_chunk_slots(NATIVE_CHUNK_BYTES, p->slot_bytes, room);
	double most = (double)((room + p->chunk_slots - 1) / p->chunk_slots);
	finding_title(x, "%s: %.0f %% of %lu blocks are freed by another thread",
	              group_name(g, name, sizeof name), 100 * cross, (unsigned long)g->frees);
	native_evidence(x, g);
	detect_passed(d, x, "cross_thread_share", cross, "share", "ring_min_cross_share", ">=");
	finding_add_number(x, "slot_bytes", (double)p->slot_bytes, "bytes");
	finding_add_number(x, "chunk_slots", (double)p->chunk_slots, "");
	native_predict(x, 0, saved_ns, 0);
	double calls = (double)(g->allocs + g->frees);
	x->prediction.allocator_calls_saved = interval_of(calls - most, calls - 1);
	x->confidence = 0.4;
	const char *advice = "Keep a pool in the thread that makes them; the freeing thread pushes "
			     "slots to an atomic list that the maker takes whole when its own list "
			     "is empty. Bound what is under way.";
	if (g->orphan_frees) {
		finding_add_number(x, "freed_after_maker_ended", (double)g->orphan_frees, "");
		finding_advice(
			x,
			"%s %lu blocks were freed after the thread that made them had ended: "
			"keep each pool until its last slot is back, not in thread-local "
			"storage.",
			advice, (unsigned long)g->orphan_frees);
	} else {
		finding_advice(x, "%s Wrong if blocks are freed after the maker has ended.",
		               advice);
	}
	finding_assumes(x, "how many are under way depends on timing; recording changes it");
	sketch_ring(x, g);
}

static bool is_ring(const struct detect *d, const struct group *g)
{
	return group_is_place(g) && native_can_pool(d, g) &&
	       (double)g->allocs >= detect_option(d, "native_min_blocks") &&
	       group_frees_share(g) >= detect_option(d, "ring_min_frees_share") &&
	       (double)g->cross_thread_frees >=
	               detect_option(d, "ring_min_cross_share") * (double)g->frees &&
	       native_one_size(d, g);
}

static void return_ring_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;

	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i], *parent = group_parent(gs, g);
		while (parent && !is_ring(d, parent))
			parent = group_parent(gs, parent);
		if (parent || !is_ring(d, g) || group_claimed(gs, d, g))
			continue;
		double saved_ns = (double)g->frees * cost_pair_ns(d, g);
		enum verdict v = native_verdict(m, d, saved_ns, 0);
		if (v != VERDICT_NONE)
			report_ring(gs, d, g, v, saved_ns, out);
	}
}

DETECTOR_NAMED(return_ring, "return-ring", 80, options, return_ring_run,
               "blocks freed by another thread");
