/*
 * bundle: blocks of several places that are always made in a row and freed in a row, such as a session
 * with its name and its buffers.  One slot with room for all replaces them.
 *
 * A chain is grown from each place: the next link is the place whose allocation directly follows, as
 * often as it happens at all.  The frees must keep together as well, in whatever order.
 */
#include <stdlib.h>

#include "detect/event_pass.h"
#include "native.h"
#include "util/mem.h"

static struct detector_option options[] = {
	{"bundle_min_together", 0.95, "allocations, and frees, that directly follow one another"},
	{"bundle_max_count_difference", 0.01, "difference of the numbers of blocks"},
	{0},
};

/* One pair of lines. */
struct pair {
	uint32_t a, b; /* group indices */
	uint64_t co_allocs, co_frees;
};

struct pairs {
	struct pair *list;
	uint32_t n, room;
};

static struct pair *pair_of(struct pairs *ps, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < ps->n; i++)
		if (ps->list[i].a == a && ps->list[i].b == b)
			return &ps->list[i];
	struct pair *p = MEM_PUSH(ps->list, ps->n, ps->room);
	*p = (struct pair){.a = a, .b = b};
	return p;
}

static bool is_part(const struct groups *gs, const struct detect *d, const struct group *g)
{
	return g->level == GROUP_LINE && native_churns(d, g) &&
	       (double)g->allocs >= detect_option(d, "native_min_blocks") && g->peak_live > 1 &&
	       group_frees_share(g) >= 0.5 && native_one_size(d, g) && !group_claimed(gs, d, g) &&
	       g->grown * 20 <= g->objects;
}

static struct pairs collect_pairs(const struct groups *gs, const struct detect *d)
{
	struct pairs ps = {0};
	const struct model *m = gs->model;
	for (uint32_t i = 0; i < m->n_edges; i++) {
		const struct site_edge *e = &m->edges[i];
		uint32_t a = gs->line_of_site[e->a], b = gs->line_of_site[e->b];
		if (!a || !b || a == b || !is_part(gs, d, &gs->list[a - 1]) ||
		    !is_part(gs, d, &gs->list[b - 1]))
			continue;
		struct pair *p = pair_of(&ps, a - 1, b - 1);
		p->co_allocs += e->co_allocs;
		p->co_frees += e->co_frees;
	}
	return ps;
}

static bool equal_counts(const struct detect *d, const struct group *a, const struct group *b)
{
	double x = (double)a->allocs, y = (double)b->allocs,
	       limit = detect_option(d, "bundle_max_count_difference");
	return x >= y ? x - y <= limit * x : y - x <= limit * y;
}

static uint32_t next_part(const struct groups *gs, const struct detect *d, const struct pairs *ps,
                          uint32_t from, const uint32_t *chain, uint32_t n)
{
	double least = detect_option(d, "bundle_min_together") * (double)gs->list[from].allocs;
	for (uint32_t i = 0; i < ps->n; i++) {
		const struct pair *p = &ps->list[i];
		if (p->a != from || (double)p->co_allocs < least ||
		    !equal_counts(d, &gs->list[from], &gs->list[p->b]))
			continue;
		bool known = false;
		for (uint32_t k = 0; k < n; k++)
			known |= chain[k] == p->b;
		if (!known)
			return p->b + 1;
	}
	return 0;
}

static bool freed_together(const struct groups *gs, const struct detect *d, const struct pairs *ps,
                           const uint32_t *chain, uint32_t n)
{
	double together = 0;
	for (uint32_t i = 0; i < ps->n; i++) {
		bool a = false, b = false;
		for (uint32_t k = 0; k < n; k++) {
			a |= chain[k] == ps->list[i].a;
			b |= chain[k] == ps->list[i].b;
		}
		if (a && b)
			together += (double)ps->list[i].co_frees;
	}
	return together >= detect_option(d, "bundle_min_together") *
	                           (double)((n - 1) * gs->list[chain[0]].frees);
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

static void report_bundle(const struct groups *gs, const struct detect *d, const uint32_t *chain,
                          uint32_t n, struct findings *out)
{
	const struct group *parts[PLAN_PARTS];
	uint64_t slot = 0, calls = 0, live_bytes = 0;
	double saved_ns = 0;
	for (uint32_t i = 0; i < n; i++) {
		parts[i] = &gs->list[chain[i]];
		slot += native_slot_bytes(parts[i]);
		calls += parts[i]->allocs + parts[i]->frees;
		live_bytes += parts[i]->peak_bytes;
		saved_ns += (double)parts[i]->frees * cost_pair_ns(parts[i]);
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
	finding_add_passed(x, "together", detect_option(d, "bundle_min_together"), "share",
	                   "bundle_min_together >= 0.95");
	finding_add_number(x, "slot_bytes", (double)slot, "bytes");
	finding_add_number(x, "chunk_slots", (double)p->chunk_slots, "");
	native_predict(x, (double)(calls - chunks), saved_ns,
	               (double)live_bytes - (double)(chunks * p->chunk_slots * slot));
	finding_advice(x,
	               "Put the %u blocks into one slot of %lu bytes and serve that from a slab. "
	               "Wrong if one part "
	               "is handed on, outlives the others, or grows.",
	               n, (unsigned long)slot);
	finding_assumes(x, "locality of the parts comes on top");
	sketch_bundle(x, parts, n);
}

static void bundle_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_look(d)->groups;
	(void)m;
	struct pairs ps = collect_pairs(gs, d);
	bool *used = mem_zalloc(gs->n + 1, sizeof *used);
	uint32_t best[PLAN_PARTS];
	for (;;) {
		uint32_t n_best = 1;
		for (uint32_t g = 0; g < gs->n && gs->list[g].level == GROUP_LINE; g++) {
			uint32_t chain[PLAN_PARTS] = {g}, n = 1, next;
			while (!used[g] && n < PLAN_PARTS &&
			       (next = next_part(gs, d, &ps, chain[n - 1], chain, n)))
				chain[n++] = next - 1;
			if (n > n_best && freed_together(gs, d, &ps, chain, n))
				for (n_best = n; n-- > 0;)
					best[n] = chain[n];
		}
		if (n_best < 2)
			break;
		for (uint32_t i = 0; i < n_best; i++)
			used[best[i]] = true;
		rotate_to_first(gs, best, n_best);
		if (!constructed_around(gs, d, &gs->list[best[0]]))
			report_bundle(gs, d, best, n_best, out);
	}
	free(used);
	free(ps.list);
}

DETECTOR(bundle, 50, options, bundle_run, "blocks always made and freed together");
