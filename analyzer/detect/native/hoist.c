/*
 * hoist: a buffer that is made and dropped again and again, never two at a time on one thread.  One
 * kept buffer does the same work; what it costs is its largest size, once.
 */
#include "detect/event_pass.h"
#include "native.h"

static struct detector_option options[] = {
	{"hoist_min_blocks", 200, "times that the buffer is made"},
	{"hoist_min_frees_share", 0.99, "frees per allocation"},
	{"hoist_max_grown_share", 0.1, "buffers that grow by realloc or copying"},
	{"hoist_max_keep_bytes", 67108864, "largest buffer to keep"},
	{0},
};

static bool is_hoist(const struct detect *d, const struct group *g)
{
	return native_can_pool(d, g) && (double)g->allocs >= detect_option(d, "hoist_min_blocks") &&
	       g->peak_live_one_thread == 1 && g->n_threads < GROUP_THREADS &&
	       group_frees_share(g) >= detect_option(d, "hoist_min_frees_share") &&
	       group_outgrown_share(g) <= detect_option(d, "hoist_max_grown_share") &&
	       (double)g->max_size_bytes <= detect_option(d, "hoist_max_keep_bytes") &&
	       !g->cross_thread_frees;
}

static void report_hoist(const struct groups *gs, const struct detect *d, const struct group *g,
                         struct findings *out)
{
	const struct model *m = gs->model;
	double saved_ns = (double)g->allocs * cost_pair_ns(d, g);
	double keep = (double)native_slot_bytes(g) * (double)g->n_threads;
	enum verdict v = native_verdict(m, d, saved_ns, 0);
	char name[200];

	if (v == VERDICT_NONE || (keep > 65536 && keep > 0.5 * (double)m->totals.peak_live_bytes &&
	                          (double)g->peak_bytes < 0.5 * keep))
		return;

	struct finding *x = native_finding(gs, g, out, "hoist", v);
	finding_title(x, "%s: a buffer made %lu times, one at a time",
	              group_name(g, name, sizeof name), (unsigned long)g->allocs);
	native_evidence(x, g);
	finding_add_number(x, "peak_live_one_thread", (double)g->peak_live_one_thread, "");
	struct plan *p = native_plan(x, POLICY_HOIST);
	p->slot_bytes = native_slot_bytes(g);
	finding_add_number(x, "buffer_bytes", (double)p->slot_bytes, "bytes");
	native_predict(x, (double)(g->allocs + g->frees - g->n_threads), saved_ns, 0);
	finding_advice(x,
	               "Make the buffer once%s and use it again. Wrong if the function calls "
	               "itself, or hands "
	               "the buffer to somebody who keeps it; what was zeroed or constructed must "
	               "be so again.",
	               g->n_threads > 1 ? " per thread" : "");
	finding_assumes(x,
	                "counts the allocator's time only; filling and clearing the buffer stays");
	sketch_hoist(x, g);
}

static void hoist_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;
	(void)m;

	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (!group_is_place(g) || group_claimed(gs, d, g) || !is_hoist(d, g) ||
		    constructed_around(gs, d, g))
			continue;
		const struct group *parent = group_parent(gs, g);
		while (parent && !is_hoist(d, parent))
			parent = group_parent(gs, parent);
		if (!parent) /* else a coarser place has the finding */
			report_hoist(gs, d, g, out);
	}
}

DETECTOR(hoist, 30, options, hoist_run, "a buffer made again and again, one at a time");
