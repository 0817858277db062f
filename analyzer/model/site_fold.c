/*
 * Events to a site's numbers.
 *
 * Two ideas.  First, nothing is ever swept: a site keeps the moment of its last change; whatever
 * depends on time (how long it had how many blocks, what it held at the process's peak or at one of the
 * equidistant moments) is filled in when the site changes next, or at the end.  So an event costs the
 * same however many sites there are.
 *
 * Second, events are not added as they come but in batches.  A site's numbers lie in ten lines of the
 * cache; for each operation those of the ones ahead are fetched, so that with thousands of sites the
 * memory works on many of them at the same time.
 */
#include "model/site_fold.h"

#include <stdlib.h>

#include "model/live_order.h"
#include "model_state.h"

#define AHEAD_SITE 16u  /* operations ahead: the lines of the site itself */
#define AHEAD_TABLES 6u /* and what these point at */

/* ---- a site up to now ---- */

/* Before its live count changes: settles everything that its count until now decides. */
static inline void site_touch(struct site *s, uint64_t now_ns, uint32_t n_peaks, uint32_t mark)
{
	struct site_building *x = &s->building;

	if (s->live_blocks)
		hist_add(&s->concurrency, s->live_blocks, now_ns - x->changed_ns);
	x->changed_ns = now_ns;
	if (x->peaks_seen != n_peaks) {
		s->at_peak_blocks = s->live_blocks;
		s->at_peak_bytes = s->live_bytes;
		x->peaks_seen = n_peaks;
	}
	while (__builtin_expect(x->times_seen < mark, 0)) {
		s->live_bytes_at[x->times_seen] = s->live_bytes;
		s->live_blocks_at[x->times_seen++] = s->live_blocks < UINT32_MAX
		                                             ? (uint32_t)s->live_blocks
		                                             : UINT32_MAX;
	}
}

/* ---- threads ---- */

static struct site_thread *site_thread_slow(struct site *s, uint32_t thread, bool make)
{
	struct site_building *x = &s->building;

	for (uint32_t i = 0; i < s->n_threads; i++) {
		if (s->threads[i].thread == thread) {
			x->thread_last = i;
			return &s->threads[i];
		}
	}
	if (!make)
		return NULL;
	if (s->n_threads == MODEL_THREADS_CAP) {
		s->n_threads_seen = MODEL_THREADS_CAP + 1;
		return NULL;
	}
	x->thread_last = s->n_threads++;
	s->n_threads_seen = s->n_threads;
	if (s->n_threads > x->threads_room) {
		x->threads_room = x->threads_room ? x->threads_room * 2 : 1;
		s->threads = mem_realloc(s->threads, x->threads_room * sizeof *s->threads);
	}
	s->threads[x->thread_last] = (struct site_thread){.thread = thread};
	return &s->threads[x->thread_last];
}

static inline struct site_thread *site_thread(struct site *s, uint32_t thread, bool make)
{
	if (s->n_threads && s->threads[s->building.thread_last].thread == thread)
		return &s->threads[s->building.thread_last];
	return site_thread_slow(s, thread, make);
}

static inline void thread_alloc(struct site *s, uint32_t thread)
{
	struct site_thread *t = site_thread(s, thread, true);
	if (!t)
		return;
	t->n_allocs++;
	if (++t->n_live > t->peak_live_blocks)
		t->peak_live_blocks = t->n_live;
}

static inline void thread_free(struct site *s, uint32_t thread)
{
	struct site_thread *t = site_thread(s, thread, false);
	if (t)
		t->n_live--;
}

/* ---- one operation ---- */

static void site_first(struct site *s, const struct site_op *o)
{
	s->op = o->op;
	s->domain = o->domain;
	s->first_alloc_ns = o->now_ns;
}

static inline void site_fold_site_alloc(struct site *s, const struct site_op *o)
{
	if (!s->allocs)
		site_first(s, o);
	s->allocs++;
	s->allocated_bytes += o->size_bytes;
	s->last_alloc_ns = o->now_ns;
	s->n_calloc += o->op == PTF_OP_CALLOC;
	if (__builtin_expect(o->align_log2 > s->align_log2, 0))
		s->align_log2 = o->align_log2;
	if (o->size_bytes > s->max_size_bytes)
		s->max_size_bytes = o->size_bytes;
	s->live_blocks++;
	s->live_bytes += o->size_bytes;
	if (s->live_blocks > s->peak_live_blocks)
		s->peak_live_blocks = s->live_blocks;
	if (s->live_bytes > s->peak_live_bytes) {
		s->peak_live_bytes = s->live_bytes;
		s->max_bytes_blocks = s->live_blocks;
		s->peak_ns = o->now_ns;
	}

	hist_add(&s->size, o->size_bytes, 1);
	tally_add(&s->sizes, o->size_bytes, 1, MODEL_SIZES_CAP);
	thread_alloc(s, o->thread);
	live_order_add(&s->building.order, o->position);
}

static inline void site_fold_site_free(struct site *s, const struct site_op *o)
{
	bool youngest, oldest;

	s->frees++;
	s->last_free_ns = o->now_ns;
	s->live_blocks--;
	s->live_bytes -= o->size_bytes;
	s->zero_rounds += s->live_blocks == 0;
	s->temporary += !!(o->flags & SITE_OP_TEMPORARY);
	s->cross_thread_frees += !!(o->flags & SITE_OP_CROSS);
	s->gc_frees += !!(o->flags & SITE_OP_GC);

	hist_add(&s->lifetime_ns, o->life_ns, 1);
	hist_add(&s->lifetime_events, o->life_events, 1);
	hist_add(&s->lifetime_bytes, o->life_bytes, 1);
	if (o->flags & SITE_OP_FREER)
		tally_add(&s->freers, o->freer_stack, 1, MODEL_FREERS_CAP);
	thread_free(s, o->thread);
	live_order_remove(s->building.order, o->position, &youngest, &oldest);
	s->lifo_frees += youngest;
	s->fifo_frees += oldest;
}

/* ---- batches ---- */

MEM_PREFETCHES void fetch_lines(const void *from, const void *to)
{
	for (const char *p = from; p < (const char *)to; p += 64)
		__builtin_prefetch(p, 1);
}

MEM_PREFETCHES void fetch_site(const struct site_op *o)
{
	const struct site *s = o->site;
	if (o->flags & SITE_OP_FREE) {
		fetch_lines(s, &s->allocated_bytes);
		fetch_lines(&s->lifetime_ns, &s->first_alloc_ns);
	} else {
		fetch_lines(s, &s->lifetime_ns);
	}
}

MEM_PREFETCHES void fetch_bucket(const struct hist *h, uint64_t value)
{
	uint32_t i = hist_bucket(value) - h->first;
	if (i < h->n)
		__builtin_prefetch(&h->weight[i], 1);
}

MEM_PREFETCHES void fetch_tables(const struct site_op *o)
{
	const struct site *s = o->site;

	__builtin_prefetch(s->threads, 1);
	fetch_bucket(&s->concurrency, s->live_blocks);
	if (o->flags & SITE_OP_FREE) {
		fetch_bucket(&s->lifetime_ns, o->life_ns);
		fetch_bucket(&s->lifetime_events, o->life_events);
		fetch_bucket(&s->lifetime_bytes, o->life_bytes);
		live_order_prefetch(s->building.order, o->position);
	} else {
		fetch_bucket(&s->size, o->size_bytes);
		tally_prefetch(&s->sizes, o->size_bytes);
	}
}

void site_fold(const struct site_op *op, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct site_op *o = &op[i];

		if (i + AHEAD_SITE < n)
			fetch_site(&op[i + AHEAD_SITE]);
		if (i + AHEAD_TABLES < n)
			fetch_tables(&op[i + AHEAD_TABLES]);
		site_touch(o->site, o->now_ns, o->n_peaks, o->mark);
		if (o->flags & SITE_OP_FREE)
			site_fold_site_free(o->site, o);
		else if (__builtin_expect(o->flags & SITE_OP_TIME, 0))
			o->site->last_free_ns = o->life_ns;
		else
			site_fold_site_alloc(o->site, o);
	}
}

static int thread_by_allocs(const void *a, const void *b)
{
	const struct site_thread *x = a, *y = b;
	if (x->n_allocs != y->n_allocs)
		return x->n_allocs < y->n_allocs ? 1 : -1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

void site_finish(struct site *s, uint64_t now_ns, uint32_t n_peaks, uint32_t mark)
{
	site_touch(s, now_ns, n_peaks, mark);
	tally_sort(&s->sizes);
	tally_sort(&s->freers);
	if (s->n_threads)
		qsort(s->threads, s->n_threads, sizeof *s->threads, thread_by_allocs);
	live_order_free(s->building.order);
	s->building.order = NULL;
}
