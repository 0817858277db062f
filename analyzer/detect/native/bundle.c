/*
 * bundle: blocks of several places that are always made in a row and freed in a row, such as a session
 * with its name and its buffers.  One slot with room for all replaces them.
 *
 * A chain is grown from each place: the next link is its companion (companions.h), whose blocks follow
 * its own and die with them.  Blocks that another thread frees are left to other kinds: the slab behind
 * the slots is one thread's.
 */
#include <math.h>
#include <stdlib.h>

#include "detect/event_pass.h"
#include "native.h"
#include "util/mem.h"

static struct detector_option options[] = {
	{"bundle_min_together", 0.95, "allocations that directly follow one another"},
	{"bundle_max_count_difference", 0.01, "difference of the numbers of blocks"},
	{"bundle_max_apart", 0,
         "pairs that did not die together: a shared slot would be handed out in use"},
	{"bundle_max_halves", 0.001, "pairs of which one block is live at the end"},
	{"bundle_max_grown_share", 0.05, "blocks that grow by realloc or copying"},
	{0},
};

static bool is_part(const struct groups *gs, const struct detect *d, const struct group *g)
{
	return native_can_pool(d, g) && native_churns(d, g) && g->peak_live > 1 &&
	       !group_claimed(gs, d, g) && !g->cross_thread_frees &&
	       group_outgrown_share(g) <= detect_option(d, "bundle_max_grown_share");
}

/* The places from g on that can share a slot; how many. */
static uint32_t chain_from(const struct event_pass *l, const struct detect *d, unsigned level,
                           uint32_t g, uint32_t chain[PLAN_PARTS])
{
	const struct groups *gs = l->groups;
	uint32_t n = 0;

	if (!is_part(gs, d, &gs->list[g]))
		return 0;
	chain[n++] = g;
	while (n < PLAN_PARTS) {
		uint32_t next = companions_next(&l->companions, d, level, chain[n - 1]);
		bool known = false;
		for (uint32_t k = 0; next && k < n; k++)
			known |= chain[k] == next - 1;
		if (!next || known || !is_part(gs, d, &gs->list[next - 1]))
			break;
		chain[n++] = next - 1;
	}

	return n;
}

/* A chain that was found from its middle goes on from one round to the next: begin with what came
 * first of all. */
static void rotate_to_first(const struct groups *gs, uint32_t *chain, uint32_t n)
{
	uint32_t turned[PLAN_PARTS], first = 0;
	for (uint32_t i = 1; i < n; i++)
		if (gs->list[chain[i]].first_alloc_ns < gs->list[chain[first]].first_alloc_ns ||
		    (gs->list[chain[i]].first_alloc_ns == gs->list[chain[first]].first_alloc_ns &&
		     gs->list[chain[i]].sites[0] < gs->list[chain[first]].sites[0]))
			first = i;
	for (uint32_t i = 0; i < n; i++)
		turned[i] = chain[(first + i) % n];
	for (uint32_t i = 0; i < n; i++)
		chain[i] = turned[i];
}

/* Of the pairs of neighbours in a chain that died apart, the largest share. */
static double chain_apart_share(const struct companions *c, unsigned level, const uint32_t *chain,
                                uint32_t n)
{
	double most = 0;
	for (uint32_t i = 0; i + 1 < n; i++)
		most = fmax(most, companions_apart_share(c, level, chain[i]));
	return most;
}

static void report_bundle(const struct groups *gs, const struct detect *d, const uint32_t *chain,
                          uint32_t n, double apart_share, struct findings *out)
{
	const struct group *parts[PLAN_PARTS];
	uint64_t slot = 0, calls = 0, live_bytes = 0;
	double saved_ns = 0;

	for (uint32_t i = 0; i < n; i++) {
		parts[i] = &gs->list[chain[i]];
		slot += native_slot_bytes(parts[i]);
		calls += parts[i]->allocs + parts[i]->frees;
		live_bytes += parts[i]->peak_bytes;
		saved_ns += (double)parts[i]->frees * cost_pair_ns(d, parts[i]);
	}

	enum verdict v = native_verdict(gs->model, d, saved_ns, 0);
	if (v == VERDICT_NONE)
		return;
	char name[200];
	struct finding *x = native_finding(gs, parts[0], out, "bundle", v);
	struct plan *p = native_plan(x, POLICY_BUNDLE);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			group_into_finding(gs, parts[i], x);
		p->part_end[i] = x->n_sites;
	}

	p->slot_bytes = slot;
	p->n_parts = n;
	p->chunk_slots = native_chunk_slots(NATIVE_CHUNK_BYTES, slot, parts[0]->peak_live);
	uint64_t chunks = (parts[0]->peak_live + p->chunk_slots - 1) / p->chunk_slots;
	finding_title(x, "%s: %u blocks made and freed together, %lu times",
	              group_name(parts[0], name, sizeof name), n, (unsigned long)parts[0]->allocs);
	native_evidence(x, parts[0]);
	finding_add_number(x, "parts", n, "");
	finding_add_number(x, "together", 1 - apart_share, "share");
	detect_passed(d, x, "apart_share", apart_share, "share", "bundle_max_apart", "<=");
	finding_add_number(x, "slot_bytes", (double)slot, "bytes");
	finding_add_number(x, "chunk_slots", (double)p->chunk_slots, "");
	native_predict(x, (double)(calls - chunks), saved_ns,
	               (double)live_bytes - (double)(chunks * p->chunk_slots * slot));
	finding_advice(x,
	               "Put the %u blocks into one slot of %lu bytes and serve that from a slab. "
	               "Wrong if one part "
	               "is handed on, outlives the others, or grows.",
	               n, (unsigned long)slot);
	finding_assumes(x, "locality of the parts is not counted");
	sketch_bundle(x, parts, n);
}

/* Whether one of its sites is in a bundle already. */
static bool is_used(const struct group *g, const bool *used)
{
	for (uint32_t i = 0; i < g->n_sites; i++)
		if (used[g->sites[i]])
			return true;
	return false;
}

static uint32_t longest_chain(const struct event_pass *l, const struct detect *d, unsigned level,
                              const bool *used, uint32_t best[PLAN_PARTS])
{
	uint32_t n_best = 1, chain[PLAN_PARTS];
	for (uint32_t g = 0; l->companions.level[level].of && g < l->groups->n; g++) {
		if (is_used(&l->groups->list[g], used))
			continue;
		uint32_t n = chain_from(l, d, level, g, chain);
		for (uint32_t i = 1; i < n; i++)
			if (is_used(&l->groups->list[chain[i]], used))
				n = i;
		if (n > n_best)
			for (n_best = n; n-- > 0;)
				best[n] = chain[n];
	}

	return n_best;
}

/* Reports at the coarsest level of places that still separates the blocks. */
static void bundle_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct event_pass *l = detect_event_pass(d);
	const struct groups *gs = l->groups;
	bool *used = mem_zalloc(m->n_sites + 1, sizeof *used);
	uint32_t best[PLAN_PARTS], n;

	for (unsigned level = 0; level < COMPANION_LEVELS; level++)
		while ((n = longest_chain(l, d, level, used, best)) >= 2) {
			for (uint32_t i = 0; i < n; i++)
				for (uint32_t k = 0; k < gs->list[best[i]].n_sites; k++)
					used[gs->list[best[i]].sites[k]] = true;
			double apart = chain_apart_share(&l->companions, level, best, n);
			rotate_to_first(gs, best, n);
			if (!constructed_around(gs, d, &gs->list[best[0]]))
				report_bundle(gs, d, best, n, apart, out);
		}

	free(used);
}

DETECTOR(bundle, 50, options, bundle_run, "blocks always made and freed together");
