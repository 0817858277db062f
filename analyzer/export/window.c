/* See window.h. */
#include "export/window.h"

#include <stdlib.h>

#include "util/mem.h"

struct pass {
	const struct window_request *q;
	struct window_sums *sums;
	struct window now;
	uint64_t live_bytes;  /* of the process */
	uint64_t n_peaks;     /* new maxima so far, those of all windows */
	uint64_t *last_block; /* by thread: its last allocation's number + 1 */
	uint32_t n_last_block;
};

/* ---- buckets ---- */

uint64_t window_size_limit(unsigned bucket)
{
	static const uint64_t limits[WINDOW_SIZES] = {16,   32,   64,   128,   256,    512,
	                                              1024, 2048, 4096, 32768, 262144, UINT64_MAX};
	return limits[bucket];
}

uint64_t window_lifetime_limit(unsigned bucket)
{
	uint64_t limit = 1000;
	if (bucket + 1 == WINDOW_LIFETIMES)
		return UINT64_MAX;
	while (bucket--)
		limit *= 10;
	return limit - 1;
}

static unsigned bucket_of(uint64_t value, uint64_t (*limit)(unsigned bucket))
{
	unsigned i = 0;
	while (value > limit(i))
		i++;
	return i;
}

/* ---- windows ---- */

/* Before a group changes: what it had when the process's peak of the window was last raised. */
static void settle_peak(struct pass *p, struct window_sums *x)
{
	if (x->peak_serial == p->n_peaks)
		return;
	x->peak_serial = p->n_peaks;
	x->at_peak_bytes = x->live_bytes;
	x->at_peak_blocks = x->live_blocks;
}

static void begin_window(struct pass *p, uint64_t start_ns)
{
	p->now = (struct window){
		.start_ns = start_ns,
		.end_ns = p->q->step_ns ? start_ns + p->q->step_ns : UINT64_MAX,
		.peak_live_bytes = p->live_bytes,
	};
	p->n_peaks++;
	for (uint32_t i = 0; i < p->q->n_groups; i++) {
		struct window_sums *x = &p->sums[i];
		*x = (struct window_sums){.live_blocks = x->live_blocks,
		                          .live_bytes = x->live_bytes,
		                          .peak_blocks = x->live_blocks,
		                          .peak_bytes = x->live_bytes};
	}
}

static void end_window(struct pass *p, bool is_last)
{
	for (uint32_t i = 0; i < p->q->n_groups; i++)
		settle_peak(p, &p->sums[i]);
	p->now.is_last = is_last;
	p->q->done(p->q->context, &p->now, p->sums, p->q->n_groups);
}

/* Where the window of this moment starts: silent windows are left out. */
static uint64_t start_of(const struct pass *p, uint64_t time_ns)
{
	uint64_t step = p->q->step_ns;
	return step ? time_ns - (time_ns - p->now.end_ns) % step : p->now.end_ns;
}

/* The windows up to this moment are over. */
static void pass_time(struct pass *p, uint64_t time_ns)
{
	if (time_ns < p->now.end_ns)
		return;
	end_window(p, false);
	begin_window(p, start_of(p, time_ns));
}

/* ---- events ---- */

static uint64_t *last_block(struct pass *p, uint32_t thread)
{
	return MEM_AT(p->last_block, p->n_last_block, thread);
}

static void add_block(struct pass *p, const struct block *b, uint64_t time_ns)
{
	struct window_sums *x = &p->sums[p->q->group_of[b->site_id]];

	pass_time(p, time_ns);
	settle_peak(p, x);
	*last_block(p, b->thread) = b->seq + 1;
	x->live_blocks++;
	x->live_bytes += b->size_bytes;
	p->live_bytes += b->size_bytes;

	x->changed = true;
	x->allocs++;
	x->allocated_bytes += b->size_bytes;
	x->size[bucket_of(b->size_bytes, window_size_limit)]++;
	if (x->live_bytes > x->peak_bytes)
		x->peak_bytes = x->live_bytes;
	if (x->live_blocks > x->peak_blocks)
		x->peak_blocks = x->live_blocks;
	if (p->live_bytes > p->now.peak_live_bytes) {
		p->now.peak_live_bytes = p->live_bytes;
		p->n_peaks++;
	}
}

static void take_block(struct pass *p, const struct block *b, const struct event *e,
                       bool is_realloc)
{
	struct window_sums *x = &p->sums[p->q->group_of[b->site_id]];
	uint64_t lifetime_ns = e->time_ns - b->time_ns;

	pass_time(p, e->time_ns);
	settle_peak(p, x);
	x->live_blocks--;
	x->live_bytes -= b->size_bytes;
	p->live_bytes -= b->size_bytes;

	x->changed = true;
	x->frees++;
	x->lifetime_ns += lifetime_ns;
	x->lifetime[bucket_of(lifetime_ns, window_lifetime_limit)]++;
	if (is_realloc)
		return;
	x->temporary += *last_block(p, b->thread) == b->seq + 1;
	x->cross_thread_frees += e->thread != b->thread;
}

static void window_on_alloc(void *context, const struct block *b, const struct event *e)
{
	(void)e;
	add_block(context, b, b->time_ns);
}

static void window_on_free(void *context, const struct block *b, const struct event *e)
{
	take_block(context, b, e, false);
}

static void window_on_realloc(void *context, const struct block *old_block,
                              const struct block *new_block, const struct event *e)
{
	take_block(context, old_block, e, true);
	add_block(context, new_block, new_block->time_ns);
}

/* ---- the pass ---- */

void window_scan(const struct model *m, const struct window_request *request)
{
	struct pass p = {.q = request};
	const struct model_observer observer = {
		.context = &p,
		.what = "adding up windows",
		.on_alloc = window_on_alloc,
		.on_free = window_on_free,
		.on_realloc = window_on_realloc,
	};

	p.sums = mem_zalloc(request->n_groups + 1, sizeof *p.sums);
	begin_window(&p, m->trace->from_ns);
	model_scan(m, &observer, 1);
	if (p.now.end_ns > m->duration_ns)
		p.now.end_ns = m->duration_ns;
	end_window(&p, true);
	free(p.last_block);
	free(p.sums);
}
