/*
 * tunable, for memory: threads that need much in turn.  glibc gives each thread an arena, which keeps
 * the peak of its thread; fewer arenas keep what is needed at once.
 */
#include "arena_peaks.h"
#include "detect/event_pass.h"
#include "detect/sketch.h"
#include "native.h"

#define ARENAS 2u /* enough for two threads that allocate at the same time not to wait */

static struct detector_option options[] = {
	{"arenas_min_threads", 4, "threads that allocate"},
	{"arenas_min_ratio", 2, "sum of the threads' peaks over the peak of all together"},
	{0},
};

static uint64_t sum_of_peaks(const struct arena_peaks *a, uint32_t *n_threads)
{
	uint64_t sum = 0;
	*n_threads = 0;
	for (uint32_t i = 0; i < a->n; i++) {
		sum += a->of[i].peak_bytes;
		*n_threads += a->of[i].peak_bytes > 0;
	}
	return sum;
}

/* The line with the most bytes: the one to show. */
static const struct group *largest_line(const struct groups *gs)
{
	const struct group *best = NULL;
	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++)
		if (gs->list[i].n_threads > 1 && (!best || gs->list[i].bytes > best->bytes))
			best = &gs->list[i];
	return best;
}

static void report_arenas(const struct groups *gs, const struct detect *d, const struct group *g,
                          uint64_t sum, uint32_t n_threads, struct findings *out)
{
	const struct arena_peaks *a = &gs->arenas;
	struct finding *x = native_finding(gs, g, out, "tunable", VERDICT_WIN);
	struct plan *p = native_plan(x, POLICY_TUNABLE);
	p->tunables = mem_printf("glibc.malloc.arena_max=%u", ARENAS);
	p->saves_heap = true;

	finding_title(x,
	              "arena_max: %u threads keep a peak each, %.1f MB, of which %.1f MB are "
	              "needed at once",
	              n_threads, (double)sum / 1e6, (double)a->peak_bytes / 1e6);
	detect_passed(d, x, "allocating_threads", n_threads, "", "arenas_min_threads", ">=");
	detect_passed(d, x, "peaks_over_peak", (double)sum / (double)(a->peak_bytes + 1), "",
	              "arenas_min_ratio", ">=");
	finding_add_number(x, "sum_of_peaks", (double)sum, "bytes");
	finding_add_number(x, "peak_of_all", (double)a->peak_bytes, "bytes");
	finding_add_text(x, "tunables", "%s", p->tunables);

	double saved = (double)sum - ARENAS * (double)a->peak_bytes;
	native_predict(x, 0, 0, saved > 0 ? saved : (double)(sum - a->peak_bytes) / 2);
	x->prediction.allocator_calls_saved.present = false;
	x->confidence = 0.8;
	x->score = saved / (double)(gs->model->totals.peak_live_bytes + 1);
	finding_advice(
		x,
		"Set MALLOC_ARENA_MAX=%u, or mallopt(M_ARENA_MAX, %u) before the threads start. "
		"Wrong if many threads allocate at the same time: they would wait for each "
		"other. Without effect on allocators other than glibc's.",
		ARENAS, ARENAS);
	finding_assumes(x, "assumes that the threads go on to have their peaks at different times");
	sketch_add(x, "tunable.sh", (const struct sketch_word[]){{"TUNABLES", p->tunables}, {0}});
}

static void arenas_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;
	uint32_t n_threads;
	uint64_t sum = sum_of_peaks(&gs->arenas, &n_threads);
	const struct group *g = largest_line(gs);
	uint64_t least =
		(uint64_t)(detect_option(d, "arenas_min_ratio") * (double)gs->arenas.peak_bytes);

	(void)m;
	if (g && n_threads >= detect_option(d, "arenas_min_threads") && sum >= least &&
	    native_bytes_matter(gs->model, d, (double)(sum - gs->arenas.peak_bytes)))
		report_arenas(gs, d, g, sum, n_threads, out);
}

DETECTOR_NAMED(arenas, "tunable", 24, options, arenas_run,
               "per-thread arenas that keep a peak each");
