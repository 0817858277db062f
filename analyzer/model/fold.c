/*
 * Blocks to numbers: what each allocation and free adds to its site and to the process.
 *
 * The one idea: nothing is ever swept.  A site keeps the moment of its last change; whatever depends
 * on time (how long it had how many blocks, what it held at the process's peak or at one of the
 * equidistant moments) is filled in when the site changes next, or at the end.  So an event costs the
 * same however many sites there are.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"
#include "util/error.h"

/* ---- a site up to now ---- */

/* Before its live count changes: settles everything that its count until now decides. */
static inline void site_touch(struct model *m, struct site *s)
{
	struct model_state *st = m->state;
	struct site_state *x = s->state;
	if (s->live_blocks)
		hist_add(&s->concurrency, s->live_blocks, st->now_ns - x->changed_ns);
	x->changed_ns = st->now_ns;
	if (x->peaks_seen != st->n_peaks) {
		s->at_peak_blocks = s->live_blocks;
		s->at_peak_bytes = s->live_bytes;
		x->peaks_seen = st->n_peaks;
	}
	while (__builtin_expect(x->times_seen < st->mark, 0)) {
		s->live_bytes_at[x->times_seen] = s->live_bytes;
		s->live_blocks_at[x->times_seen++] = s->live_blocks < UINT32_MAX
		                                             ? (uint32_t)s->live_blocks
		                                             : UINT32_MAX;
	}
}

static void site_first(struct site *s, const struct block *b)
{
	s->op = b->op;
	s->domain = b->domain;
	s->first_alloc_ns = b->time_ns;
}

/* ---- the list of a site's live blocks, oldest first ---- */

static void list_append(struct model *m, struct site *s, struct block *b)
{
	struct block *pool = m->state->pair.block;
	b->newer = 0;
	b->older = s->state->newest;
	if (b->older)
		pool[b->older - 1].newer = b->slot + 1;
	else
		s->state->oldest = b->slot + 1;
	s->state->newest = b->slot + 1;
}

static void list_remove(struct model *m, struct site *s, struct block *b)
{
	struct block *pool = m->state->pair.block;
	s->lifo_frees += b->newer == 0;
	s->fifo_frees += b->older == 0;
	if (b->newer)
		pool[b->newer - 1].older = b->older;
	else
		s->state->newest = b->older;
	if (b->older)
		pool[b->older - 1].newer = b->newer;
	else
		s->state->oldest = b->newer;
}

/* ---- threads ---- */

static struct site_thread *site_thread(struct site *s, uint32_t thread, bool make)
{
	struct site_state *x = s->state;
	if (s->n_threads && s->threads[x->thread_last].thread == thread)
		return &s->threads[x->thread_last];
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

static void thread_alloc(struct site *s, uint32_t thread)
{
	struct site_thread *t = site_thread(s, thread, true);
	if (!t)
		return;
	t->n_allocs++;
	if (++t->n_live > t->peak_live_blocks)
		t->peak_live_blocks = t->n_live;
}

static void thread_free(struct site *s, uint32_t thread)
{
	struct site_thread *t = site_thread(s, thread, false);
	if (t)
		t->n_live--;
}

/* ---- edges ---- */

static inline void count_edge(struct model *m, uint32_t *last, struct site *s, bool is_free)
{
	struct edge_table *t = &m->state->edges;
	if (*last) {
		struct site *from = sites_building(m, *last - 1);
		uint32_t known = from->state->edge[is_free];
		if (!known || t->edge[known - 1].b != s->id)
			known = from->state->edge[is_free] = edges_get(t, from->id, s->id);
		if (known && is_free)
			t->edge[known - 1].co_frees++;
		else if (known)
			t->edge[known - 1].co_allocs++;
	}
	*last = s->id + 1;
}

/* ---- allocation ---- */

static void totals_alloc(struct model *m, const struct block *b)
{
	struct model_totals *t = &m->totals;
	t->allocs++;
	t->allocated_bytes += b->size_bytes;
	t->live_blocks++;
	t->live_bytes += b->size_bytes;
	t->callocs += b->op == PTF_OP_CALLOC;
	t->domain_allocs[b->domain & 3]++;
	if (t->live_blocks > t->peak_live_blocks)
		t->peak_live_blocks = t->live_blocks;
	if (t->live_bytes > t->peak_live_bytes) {
		t->peak_live_bytes = t->live_bytes;
		t->peak_live_bytes_blocks = t->live_blocks;
		t->peak_ns = b->time_ns;
		t->peak_event = b->seq;
		m->state->n_peaks++;
	}
}

static void site_alloc(struct model *m, struct site *s, struct block *b)
{
	site_touch(m, s);
	if (!s->allocs)
		site_first(s, b);
	s->allocs++;
	s->allocated_bytes += b->size_bytes;
	s->last_alloc_ns = b->time_ns;
	s->n_calloc += b->op == PTF_OP_CALLOC;
	if (b->align_log2 > s->align_log2)
		s->align_log2 = b->align_log2;
	if (b->size_bytes > s->max_size_bytes)
		s->max_size_bytes = b->size_bytes;
	s->live_blocks++;
	s->live_bytes += b->size_bytes;
	if (s->live_blocks > s->peak_live_blocks)
		s->peak_live_blocks = s->live_blocks;
	if (s->live_bytes > s->peak_live_bytes) {
		s->peak_live_bytes = s->live_bytes;
		s->max_bytes_blocks = s->live_blocks;
		s->peak_ns = b->time_ns;
	}
	hist_add(&s->size, b->size_bytes, 1);
	tally_add(&s->sizes, b->size_bytes, 1, MODEL_SIZES_CAP);
	thread_alloc(s, b->thread);
	list_append(m, s, b);
}

static void take_alloc(struct model *m, struct block *b)
{
	struct pair_thread *thread = pair_thread(&m->state->pair, b->thread);
	site_alloc(m, b->site, b);
	totals_alloc(m, b);
	count_edge(m, &thread->last_alloc, b->site, false);
	if (b->owner_slot)
		owners_alloc(m, b);
	if (b->class_id)
		classes_alloc(m, b, b->class_id, b->time_ns);
	if (b->domain != PTF_DOMAIN_C || m->state->constructions)
		constructions_alloc(m, b);
}

void fold_alloc(struct model *m, struct block *b, const struct event *e)
{
	take_alloc(m, b);
	for (uint32_t i = 0; i < m->state->n_observers; i++)
		if (m->state->observers[i].on_alloc)
			m->state->observers[i].on_alloc(m->state->observers[i].context, b, e);
}

/* ---- free ---- */

/* The chain of reallocs that this block is the last of has come to its end. */
static void fold_chain_end(const struct block *b)
{
	struct site *o = b->origin;
	if (!b->chain)
		return;
	o->chains++;
	hist_add(&o->chain_length, b->chain, 1);
	hist_add(&o->final_size, b->size_bytes, 1);
}

static void totals_free(struct model *m, const struct block *b)
{
	struct model_totals *t = &m->totals;
	t->frees++;
	t->freed_bytes += b->size_bytes;
	t->live_blocks--;
	t->live_bytes -= b->size_bytes;
}

static void class_free(struct model *m, const struct block *b, const struct event *e, bool in_gc)
{
	if (b->owner_slot || b->class_id)
		owners_free(m, b, e);
	if (b->class_id)
		classes_free(m, b, e, in_gc);
}

static void site_free(struct model *m, struct site *s, struct block *b, const struct event *e)
{
	site_touch(m, s);
	s->frees++;
	s->last_free_ns = e->time_ns;
	s->live_blocks--;
	s->live_bytes -= b->size_bytes;
	s->zero_rounds += s->live_blocks == 0;
	hist_add(&s->lifetime_ns, e->time_ns - b->time_ns, 1);
	hist_add(&s->lifetime_events, e->seq - b->seq, 1);
	hist_add(&s->lifetime_bytes, m->totals.allocated_bytes - b->bytes_before, 1);
	thread_free(s, b->thread);
	list_remove(m, s, b);
}

/* Who freed it, and when in the life of its thread. */
static void site_freed_by(struct model *m, struct site *s, const struct block *b,
                          const struct event *e)
{
	struct pair *p = &m->state->pair;
	struct pair_thread *freer = pair_thread(p, e->thread);
	bool temporary = pair_thread(p, b->thread)->n_allocs == b->thread_seq;
	bool cross = e->thread != b->thread;
	s->temporary += temporary;
	m->totals.temporary_allocs += temporary;
	s->cross_thread_frees += cross;
	m->totals.cross_thread_frees += cross;
	s->gc_frees += freer->in_gc;
	tally_add(&s->freers, e->stack, 1, MODEL_FREERS_CAP);
	count_edge(m, &freer->last_free, s, true);
}

void fold_free(struct model *m, struct block *b, const struct event *e, bool implied)
{
	struct model_state *st = m->state;
	for (uint32_t i = 0; i < st->n_observers; i++)
		if (st->observers[i].on_free)
			st->observers[i].on_free(st->observers[i].context, b, e);
	site_free(m, b->site, b, e);
	if (!implied)
		site_freed_by(m, b->site, b, e);
	totals_free(m, b);
	fold_chain_end(b);
	class_free(m, b, e, !implied && pair_thread(&st->pair, e->thread)->in_gc);
}

void fold_realloc(struct model *m, struct block *old_block, struct block *new_block,
                  const struct event *e)
{
	struct model_state *st = m->state;
	bool moved = old_block->address != new_block->address;
	uint64_t copied = old_block->size_bytes < new_block->size_bytes ? old_block->size_bytes
	                                                                : new_block->size_bytes;
	site_free(m, old_block->site, old_block, e);
	totals_free(m, old_block);
	class_free(m, old_block, e, false);
	take_alloc(m, new_block);
	new_block->site->realloc_calls++;
	new_block->site->realloc_moved += moved;
	new_block->site->realloc_copied_bytes += moved ? copied : 0;
	m->totals.reallocs++;
	m->totals.realloc_moved += moved;
	for (uint32_t i = 0; i < st->n_observers; i++)
		if (st->observers[i].on_realloc)
			st->observers[i].on_realloc(st->observers[i].context, old_block, new_block,
			                            e);
}

void fold_class(struct model *m, struct block *b, const struct event *e)
{
	struct model_state *st = m->state;
	b->site->late_class = e->class_id;
	b->site->n_late_class++;
	constructions_class(m, b, e->class_id);
	classes_change(m, b, e);
	for (uint32_t i = 0; i < st->n_observers; i++)
		if (st->observers[i].on_class)
			st->observers[i].on_class(st->observers[i].context, b, e);
}

/* ---- regions, collections ---- */

void fold_region(struct model *m, const struct event *e)
{
	struct model_state *st = m->state;
	regions_count(m, e);
	for (uint32_t i = 0; i < st->n_observers; i++)
		if (st->observers[i].on_region)
			st->observers[i].on_region(st->observers[i].context, e);
}

void fold_gc(struct model *m, const struct event *e)
{
	struct model_state *st = m->state;
	struct pair_thread *thread = pair_thread(&st->pair, e->thread);
	unsigned generation = e->generation < 3 ? e->generation : 2;
	if (!e->gc_stop) {
		thread->in_gc = true;
		thread->gc_start_ns = e->time_ns;
		st->gc_serial++;
	} else if (thread->in_gc) {
		thread->in_gc = false;
		m->totals.gc_collections[generation]++;
		m->totals.gc_collected[generation] += e->collected;
		m->totals.gc_pause_ns[generation] += e->time_ns - thread->gc_start_ns;
		hist_add(&m->totals.gc_pause, e->time_ns - thread->gc_start_ns, 1);
	}
	for (uint32_t i = 0; i < st->n_observers; i++)
		if (st->observers[i].on_gc)
			st->observers[i].on_gc(st->observers[i].context, e);
}

/* ---- time ---- */

static void timeline_point(struct model *m, uint64_t time_ns)
{
	const struct model_totals *t = &m->totals;
	m->timeline[m->n_timeline++] = (struct model_point){
		.time_ns = time_ns,
		.live_bytes = t->live_bytes,
		.live_blocks = t->live_blocks,
		.allocs = t->allocs,
		.frees = t->frees,
		.allocated_bytes = t->allocated_bytes,
		.reserved_bytes = t->reserved_bytes,
	};
}

static uint64_t share_of(uint64_t total, uint32_t i, uint32_t of)
{
	return (uint64_t)((unsigned __int128)total * (i + 1) / of);
}

void fold_marks(struct model *m, uint64_t time_ns)
{
	struct model_state *st = m->state;
	while (st->mark < MODEL_TIMES && time_ns > m->times_ns[st->mark])
		st->mark++;
	while (m->n_timeline < MODEL_TIMELINE &&
	       time_ns > share_of(m->duration_ns, m->n_timeline, MODEL_TIMELINE))
		timeline_point(m, share_of(m->duration_ns, m->n_timeline, MODEL_TIMELINE));
	st->next_ns = st->mark < MODEL_TIMES ? m->times_ns[st->mark] : UINT64_MAX;
	if (m->n_timeline < MODEL_TIMELINE) {
		uint64_t point_ns = share_of(m->duration_ns, m->n_timeline, MODEL_TIMELINE);
		st->next_ns = point_ns < st->next_ns ? point_ns : st->next_ns;
	}
}

/* ---- the end ---- */

static int thread_by_allocs(const void *a, const void *b)
{
	const struct site_thread *x = a, *y = b;
	if (x->n_allocs != y->n_allocs)
		return x->n_allocs < y->n_allocs ? 1 : -1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static void check_sums(const struct model *m)
{
	struct model_totals sum = {0};
	for (uint32_t i = 0; i < m->n_sites; i++) {
		const struct site *s = &m->sites[i];
		sum.allocs += s->allocs;
		sum.frees += s->frees;
		sum.allocated_bytes += s->allocated_bytes;
		sum.live_blocks += s->live_blocks;
		sum.live_bytes += s->live_bytes;
		sum.peak_live_bytes += s->at_peak_bytes;
		sum.peak_live_bytes_blocks += s->at_peak_blocks;
		sum.temporary_allocs += s->temporary;
	}
	const struct model_totals *t = &m->totals;
	if (sum.allocs != t->allocs || sum.frees != t->frees || sum.live_blocks != t->live_blocks ||
	    sum.allocated_bytes != t->allocated_bytes || sum.live_bytes != t->live_bytes ||
	    sum.peak_live_bytes != t->peak_live_bytes ||
	    sum.peak_live_bytes_blocks != t->peak_live_bytes_blocks ||
	    sum.temporary_allocs != t->temporary_allocs || t->allocs - t->frees != t->live_blocks)
		BUG("sums of sites differ from the totals");
}

void fold_finish(struct model *m)
{
	struct model_state *st = m->state;
	uint64_t end_ns = m->duration_ns > st->now_ns ? m->duration_ns : st->now_ns;
	while (m->n_timeline < MODEL_TIMELINE)
		timeline_point(m, share_of(m->duration_ns, m->n_timeline, MODEL_TIMELINE));
	st->mark = MODEL_TIMES;
	st->now_ns = end_ns;
	pair_finish(&st->pair);
	for (uint32_t i = 0; i < st->pair.n_blocks; i++)
		if (st->pair.block[i].flags & BLOCK_LIVE)
			fold_chain_end(&st->pair.block[i]);
	for (uint32_t i = 0; i < m->n_sites; i++) {
		struct site *s = sites_building(m, i);
		site_touch(m, s);
		tally_sort(&s->sizes);
		tally_sort(&s->freers);
		if (s->n_threads)
			qsort(s->threads, s->n_threads, sizeof *s->threads, thread_by_allocs);
	}
	classes_finish(m);
	sites_settle(m);
	edges_settle(m);
	check_sums(m);
}
