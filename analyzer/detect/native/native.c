/*
 * See native.h.
 */
#include "native.h"

#include "growth_trend.h"
#include "own_code.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Shared by all native detectors; settable like any option. */
static struct detector_option options[] = {
	{"native_win_share", 0.03, "share of CPU time from which a change is a win"},
	{"native_min_share", 0.01, "share of CPU time below which a change is not worth a line"},
	{"native_min_bytes", 1048576, "bytes saved from which memory alone justifies a change"},
	{"native_min_bytes_share", 0.05, "the same as a share of the peak"},
	{"native_max_waste", 1.25,
         "largest block over mean block that one slot size may have to hold"},
	{"native_max_peak_share", 0.5,
         "peak of live blocks over allocations, above which slots are not reused"},
	{"native_min_blocks", 1000, "allocations below which a site is not looked at"},
	{0},
};

static void native_run(const struct model *m, const struct detect *d, struct findings *out)
{
	(void)m, (void)d, (void)out; /* holds the options */
}
DETECTOR_NAMED(native_gates, "native", 1, options, native_run, "gates of the native detectors");

#define TCACHE_COUNT 7u
#define TCACHE_MAX_BYTES 1032u
#define FASTBIN_MAX_BYTES 120u
#define MMAP_BYTES (32u << 20) /* always mapped by glibc, whatever its dynamic threshold */
#define PAGE_BYTES 4096.0
#define POOL_ALIGN_LOG2 9u
#define TRACED_EVENT_NS 40.0 /* least that recording adds to an event */

double cost_pair_ns(const struct detect *d, const struct group *g)
{
	const struct cost_table *costs = detect_costs(d);
	double mean = g->allocs ? (double)g->bytes / (double)g->allocs : 0;
	double temporary = g->allocs ? (double)g->temporary / (double)g->allocs : 0;

	if (mean >= MMAP_BYTES)
		return costs->page_ns * mean / PAGE_BYTES;
	if (g->frees && (double)g->cross_thread_frees >= 0.1 * (double)g->frees)
		return costs->remote_ns;
	if (mean <= TCACHE_MAX_BYTES && (g->peak_live <= TCACHE_COUNT || temporary > 0.5))
		return costs->tcache_ns;
	if (mean <= FASTBIN_MAX_BYTES)
		return costs->fastbin_ns;
	return mean <= TCACHE_MAX_BYTES ? costs->small_bin_ns : costs->large_ns;
}

double native_cpu_ns(const struct model *m)
{
	double untraced = (double)model_untraced_cpu_ns(m);
	if (untraced > 0)
		return untraced;
	double traced = m->process->has_run ? (double)m->process->run.cpu_ns
	                                    : (double)m->duration_ns;
	double program = traced - (double)m->health.events * TRACED_EVENT_NS;
	if (program < traced * 0.2)
		program = traced * 0.2;
	return program > 1 ? program : 1;
}

double native_most_cpu_ns(const struct model *m)
{
	double untraced = (double)model_untraced_cpu_ns(m);
	if (untraced > 0)
		return untraced * 1.2;
	return m->process->has_run ? (double)m->process->run.cpu_ns : (double)m->duration_ns;
}

bool native_bytes_matter(const struct model *m, const struct detect *d, double bytes)
{
	return bytes >= detect_option(d, "native_min_bytes") &&
	       bytes >= detect_option(d, "native_min_bytes_share") *
	                        (double)m->totals.peak_live_bytes;
}

enum verdict native_verdict(const struct model *m, const struct detect *d, double saved_ns,
                            double saved_bytes)
{
	double share = saved_ns / native_cpu_ns(m);
	bool is_known = model_untraced_cpu_ns(m) >
	                0; /* else the share of a traced run: no win rests on that */
	if ((is_known && share >= detect_option(d, "native_win_share")) ||
	    native_bytes_matter(m, d, saved_bytes))
		return VERDICT_WIN;
	return share >= detect_option(d, "native_min_share") ? VERDICT_MINOR : VERDICT_NONE;
}

struct finding *native_finding(const struct groups *gs, const struct group *g, struct findings *out,
                               const char *kind, enum verdict v)
{
	struct finding *x = findings_add(out, kind, v);
	group_into_finding(gs, g, x);
	x->confidence = g->n_threads > 1 ? 0.4 : 0.8;
	return x;
}

static void plan_free(struct plan *p)
{
	free(p->tunables);
	free(p);
}

struct plan *native_plan(struct finding *x, enum policy policy)
{
	x->plan = mem_zalloc(1, sizeof *x->plan);
	x->plan->policy = policy;
	x->plan_free = plan_free;
	return x->plan;
}

/* The table is a mean over allocator states: half and one and a half of it. */
void native_predict(struct finding *x, double calls_saved, double saved_ns, double saved_bytes)
{
	struct prediction *p = &x->prediction;
	p->tier = TIER_MODELLED;
	p->allocator_calls_saved = interval_of(calls_saved, calls_saved);
	if (saved_bytes != 0)
		p->live_bytes_saved = interval_of(saved_bytes, saved_bytes);
	if (saved_ns > 0)
		p->cpu_ms_saved = interval_of(saved_ns * 0.5e-6, saved_ns * 1.5e-6);
}

void native_evidence(struct finding *x, const struct group *g)
{
	finding_add_number(x, "allocs", (double)g->allocs, "");
	finding_add_number(x, "frees_share", group_frees_share(g), "share");
	finding_add_number(x, "peak_live_blocks", (double)g->peak_live, "");
	finding_add_number(x, "mean_bytes", g->allocs ? (double)g->bytes / (double)g->allocs : 0,
	                   "bytes");
	finding_add_number(x, "max_bytes", (double)g->max_size_bytes, "bytes");
	finding_add_number(x, "threads", (double)g->n_threads, "");
	if (g->cross_thread_frees)
		finding_add_number(x, "cross_thread_share",
		                   (double)g->cross_thread_frees / (double)g->frees, "share");
}

static bool is_hidden(const struct model *m, const struct group *g)
{
	static const char *const headers[] = {"std_function.h", "mofunc_impl.h", "any", NULL};
	struct stack_view v = model_site_stack(m, &m->sites[g->sites[0]]);
	for (uint32_t i = 0; i < v.n && code_is_library(v.frames[i]); i++)
		if (code_is_in_header(v.frames[i], headers) ||
		    strstr(v.frames[i]->function, "std::_Function_base::"))
			return true;
	return false;
}

bool native_can_pool(const struct detect *d, const struct group *g)
{
	return growth_trend_is_named(g) && !g->foreign_frees && !is_hidden(d->m, g);
}

bool native_churns(const struct detect *d, const struct group *g)
{
	return (double)g->peak_live <=
	       detect_option(d, "native_max_peak_share") * (double)g->allocs;
}

bool native_would_hoard(const struct detect *d, const struct group *g)
{
	double weighted = 0;
	const struct hist *h = &g->concurrency;
	for (uint32_t i = 0; i < h->n; i++)
		weighted += (double)hist_weights(h)[i] *
		            (double)hist_bucket_low((uint32_t)h->first + i);
	double mean = h->total ? weighted / (double)h->total : 0;
	double bytes = (double)g->peak_live * (double)native_slot_bytes(g);
	return bytes > 65536 && mean < detect_option(d, "slab_min_use") * (double)g->peak_live;
}

/* Pages of one size, aligned as no object needs it, and hardly one comes back. */
bool native_is_private_pool(const struct group *g)
{
	double mean = g->allocs ? (double)g->bytes / (double)g->allocs : 0;
	return g->allocs >= 16 && g->max_align_log2 >= POOL_ALIGN_LOG2 &&
	       (double)g->max_size_bytes <= 1.01 * mean && group_frees_share(g) < 0.1;
}

bool native_one_size(const struct detect *d, const struct group *g)
{
	double mean = g->allocs ? (double)g->bytes / (double)g->allocs : 0;
	uint64_t slot = native_slot_bytes(g);
	return (double)g->max_size_bytes <= detect_option(d, "native_max_waste") * mean ||
	       slot <= 32;
}

uint64_t native_slot_bytes(const struct group *g)
{
	uint64_t align = g->max_align_log2 > 4 ? 1ull << g->max_align_log2 : 16;
	uint64_t slot = (g->max_size_bytes + align - 1) & ~(align - 1);
	return slot ? slot : align;
}

uint64_t native_chunk_slots(uint64_t chunk_bytes, uint64_t slot_bytes, uint64_t peak)
{
	uint64_t slots = chunk_bytes / slot_bytes;
	if (slots > peak)
		slots = peak;
	return slots < 16 ? 16 : slots;
}
