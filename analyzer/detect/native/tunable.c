/*
 * tunable: memory that goes back to the system and is faulted in again, round after round, where a
 * setting of the allocator would keep it.  No code changes, so it is offered before changes that do
 * the same.
 *
 * Two forms: the heap's top is trimmed after each batch; and blocks so large that each is mapped and
 * unmapped.  Only where the pages cost more than the calls.
 */
#include <stdio.h>
#include <stdlib.h>

#include "detect/event_pass.h"
#include "detect/sketch.h"
#include "native.h"
#include "util/mem.h"

static struct detector_option options[] = {
	{"tunable_min_swings", 4, "times that memory goes back and is taken again"},
	{"tunable_min_site_share", 0.1, "share of the bytes from which a site is named"},
	{0},
};

#define MOST_BYTES (1ull << 46) /* a trace may claim more than there can be */

/* A power of two above what goes back at once, with room. */
static uint64_t threshold_bytes(uint64_t trim_cycles_bytes)
{
	uint64_t t = 1 << 20;
	while (t / 2 < trim_cycles_bytes && t < MOST_BYTES)
		t *= 2;
	return t;
}

static uint64_t large_bytes(const struct group *g, bool mapped)
{
	double mean = g->allocs ? (double)g->bytes / (double)g->allocs : 0;
	bool is_mapped = mean >= TRIM_CYCLES_MAPPED_BYTES;
	return mean >= TRIM_CYCLES_BLOCK_BYTES && is_mapped == mapped && group_frees_share(g) > 0.5
	               ? g->bytes
	               : 0;
}

static const struct group *largest(const struct groups *gs, const struct detect *d, bool mapped,
                                   uint64_t *all)
{
	const struct group *best = NULL;
	*all = 0;
	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++) {
		uint64_t bytes = large_bytes(&gs->list[i], mapped);
		*all += bytes;
		if (bytes && !group_claimed(gs, d, &gs->list[i]) &&
		    (!best || bytes > large_bytes(best, mapped)))
			best = &gs->list[i];
	}
	return best;
}

static void report_tunable(const struct groups *gs, const struct detect *d, bool mapped,
                           struct findings *out)
{
	const struct trim_cycles *s = &gs->swing;
	uint64_t all, n = mapped ? s->n_mapped : s->n_swings,
		      bytes = mapped ? s->mapped_bytes : s->swung_bytes;
	const struct group *g = largest(gs, d, mapped, &all);
	double saved_ns = (double)bytes / 4096 * detect_costs(d)->page_ns;
	enum verdict v = native_verdict(gs->model, d, saved_ns, 0);

	if (saved_ns > NATIVE_TOO_SLOW * native_most_cpu_ns(gs->model))
		return; /* the run did not take that long: the memory was kept, by a setting or by luck */
	if (!g || (double)n < detect_option(d, "tunable_min_swings") || v == VERDICT_NONE)
		return;
	struct finding *x = native_finding(gs, g, out, "tunable", v);
	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++)
		if (&gs->list[i] != g &&
		    (double)large_bytes(&gs->list[i], mapped) >=
		            detect_option(d, "tunable_min_site_share") * (double)all &&
		    !group_claimed(gs, d, &gs->list[i]))
			group_into_finding(gs, &gs->list[i], x);

	struct plan *p = native_plan(x, POLICY_TUNABLE);
	uint64_t keep = threshold_bytes(mapped ? s->mapped_peak_bytes : s->largest_bytes);
	p->tunables = mem_printf("%sglibc.malloc.trim_threshold=%lu",
	                         mapped ? "glibc.malloc.mmap_max=0:" : "", (unsigned long)keep);
	finding_title(x, "%s: %.0f MB go back to the system and are faulted in again, in %lu %s",
	              mapped ? "mmap_max" : "trim_threshold", (double)bytes / 1e6, (unsigned long)n,
	              mapped ? "mappings" : "rounds");
	detect_passed(d, x, mapped ? "unmapped_blocks" : "swings", (double)n, "",
	              "tunable_min_swings", ">=");
	finding_add_number(x, "returned_bytes", (double)bytes, "bytes");
	finding_add_text(x, "tunables", "%s", p->tunables);
	native_predict(x, 0, saved_ns, 0);
	x->prediction.allocator_calls_saved.present = false;
	finding_advice(x,
	               "Try the setting before changing code: it keeps up to %lu MB of freed "
	               "memory in the heap. "
	               "In code: mallopt(M_TRIM_THRESHOLD, ...)%s. Wrong where memory must be "
	               "given back, and "
	               "without effect on allocators other than glibc's.",
	               (unsigned long)(keep >> 20), mapped ? " and mallopt(M_MMAP_MAX, 0)" : "");
	finding_assumes(x, "assumes that every page of the blocks is touched");
	sketch_add(x, "tunable.sh", (const struct sketch_word[]){{"TUNABLES", p->tunables}, {0}});
}

static void tunable_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;
	(void)m;
	report_tunable(gs, d, true, out);
	report_tunable(gs, d, false, out);
}

DETECTOR(tunable, 40, options, tunable_run, "memory given back to the system and faulted in again");
