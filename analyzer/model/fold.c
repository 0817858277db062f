/*
 * Blocks to numbers: what each allocation and free adds to the process, and what it tells its site.
 *
 * The totals are kept here.  What a site counts is handed on in batches (site_fold.h): each operation
 * carries what the site must know of the process at its moment, so that it does not matter when it is
 * added.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"
#include "util/error.h"

/* ---- operations for sites ---- */

static void batch_flush(struct site_batch *batch)
{
	site_fold(batch->op, batch->n);
	batch->n = 0;
}

static inline struct site_op *batch_next(struct model *m)
{
	struct site_batch *batch = &m->state->batch;
	if (__builtin_expect(batch->n == SITE_OPS, 0))
		batch_flush(batch);
	return &batch->op[batch->n++];
}

static inline void fold_site_alloc(struct model *m, const struct block *b)
{
	const struct model_state *st = m->state;

	*batch_next(m) = (struct site_op){
		.site = sites_building(m, b->site_id),
		.now_ns = st->now_ns,
		.mark = st->mark,
		.size_bytes = b->size_bytes,
		.op = b->op,
		.domain = b->domain,
		.align_log2 = b->align_log2,
		.position = b->position,
		.thread = b->thread,
		.n_peaks = st->n_peaks,
	};
}

static inline void fold_site_free(struct model *m, const struct block *b, const struct event *e,
                                  unsigned flags)
{
	const struct model_state *st = m->state;
	struct site *site = sites_building(m, b->site_id);

	*batch_next(m) = (struct site_op){
		.site = site,
		.now_ns = st->now_ns,
		.life_ns = e->time_ns - b->time_ns,
		.life_bytes = (st->before.allocated_bytes + m->totals.allocated_bytes -
	                       pair_bytes_before(b)) &
	                      PAIR_BITS_48,
		.life_events = e->seq - b->seq,
		.mark = st->mark,
		.flags = SITE_OP_FREE | flags,
		.size_bytes = b->size_bytes,
		.position = b->position,
		.thread = b->thread,
		.freer_stack = e->stack,
		.n_peaks = st->n_peaks,
	};
	if (__builtin_expect(e->time_ns != st->now_ns, 0))
		*batch_next(m) = (struct site_op){
			.site = site,
			.now_ns = st->now_ns,
			.life_ns = e->time_ns,
			.mark = st->mark,
			.flags = SITE_OP_TIME,
			.n_peaks = st->n_peaks,
		};
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

static void take_alloc(struct model *m, struct block *b)
{
	struct pair_thread *thread = pair_thread(&m->state->pair, b->thread);
	fold_site_alloc(m, b);
	totals_alloc(m, b);
	if (__builtin_expect(m->state->announcing != NULL, 0))
		announced_alloc(m, b);
	edges_note(&m->state->edges, &thread->last_alloc, b->site_id, false);
	if (b->owner_slot)
		owners_alloc(m, b);
	if (b->class_id)
		classes_alloc(m, b, b->class_id, b->time_ns);
	if (b->domain != PTF_DOMAIN_C || m->state->constructions)
		constructions_alloc(m, b);
}

void fold_alloc(struct model *m, struct block *b, const struct event *e)
{
	if (model_is_before(m, b))
		return;
	take_alloc(m, b);
	for (uint32_t i = 0; i < m->state->n_observers; i++)
		if (m->state->observers[i].on_alloc)
			m->state->observers[i].on_alloc(m->state->observers[i].context, b, e);
}

/* ---- free ---- */

/* The chain of reallocs that this block is the last of has come to its end. */
static void fold_chain_end(struct model *m, const struct block *b)
{
	if (!(b->flags & BLOCK_CHAINED))
		return;
	struct pair_chain chain = pair_chain(&m->state->pair, b);
	struct site *o = sites_building(m, chain.origin);
	o->chains++;
	hist_add(&o->chain_length, chain.n, 1);
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

/* Who freed it, and when in the life of its thread: flags of the operation. */
static unsigned freed_by(struct model *m, const struct block *b, const struct event *e)
{
	struct pair *p = &m->state->pair;
	struct pair_thread *freer = pair_thread(p, e->thread);
	bool temporary = pair_is_last(p, b);
	bool cross = e->thread != b->thread;

	m->totals.temporary_allocs += temporary;
	if (__builtin_expect(m->state->announcing && temporary, 0))
		announced_temporary(m, b);
	m->totals.cross_thread_frees += cross;
	edges_note(&m->state->edges, &freer->last_free, b->site_id, true);
	return SITE_OP_FREER | (temporary ? SITE_OP_TEMPORARY : 0) | (cross ? SITE_OP_CROSS : 0) |
	       (freer->in_gc ? SITE_OP_GC : 0);
}

void fold_free(struct model *m, struct block *b, const struct event *e, bool implied)
{
	struct model_state *st = m->state;
	if (model_is_before(m, b))
		return;
	for (uint32_t i = 0; i < st->n_observers; i++)
		if (st->observers[i].on_free)
			st->observers[i].on_free(st->observers[i].context, b, e);
	unsigned flags = implied ? 0 : freed_by(m, b, e);
	fold_site_free(m, b, e, flags);
	totals_free(m, b);
	fold_chain_end(m, b);
	class_free(m, b, e, flags & SITE_OP_GC);
}

void fold_realloc(struct model *m, struct block *old_block, struct block *new_block,
                  const struct event *e)
{
	struct model_state *st = m->state;
	if (model_is_before(m, old_block)) {
		fold_alloc(m, new_block, e);
		return;
	}
	bool moved = old_block->address != new_block->address;
	uint64_t copied = old_block->size_bytes < new_block->size_bytes ? old_block->size_bytes
	                                                                : new_block->size_bytes;

	fold_site_free(m, old_block, e, 0);
	totals_free(m, old_block);
	class_free(m, old_block, e, false);
	take_alloc(m, new_block);
	struct site *s = sites_building(m, new_block->site_id);
	s->realloc_calls++;
	s->realloc_moved += moved;
	s->realloc_copied_bytes += moved ? copied : 0;
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
	if (model_is_before(m, b))
		return;
	struct site *s = sites_building(m, b->site_id);
	s->late_class = e->class_id;
	s->n_late_class++;
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

/* Of the next point of the timeline. */
static uint64_t point_time(const struct model *m)
{
	uint64_t from_ns = model_from_ns(m);
	return from_ns + share_of(m->duration_ns - from_ns, m->n_timeline, MODEL_TIMELINE);
}

void fold_marks(struct model *m, uint64_t time_ns)
{
	struct model_state *st = m->state;
	while (st->mark < MODEL_TIMES && time_ns > m->times_ns[st->mark])
		st->mark++;
	while (m->n_timeline < MODEL_TIMELINE && time_ns > point_time(m))
		timeline_point(m, point_time(m));
	st->next_ns = st->mark < MODEL_TIMES ? m->times_ns[st->mark] : UINT64_MAX;
	if (m->n_timeline < MODEL_TIMELINE) {
		uint64_t point_ns = point_time(m);
		st->next_ns = point_ns < st->next_ns ? point_ns : st->next_ns;
	}
}

/* ---- the end ---- */

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

/* Nothing else is counted after this. */
static void sites_finish(struct model *m)
{
	const struct model_state *st = m->state;

	batch_flush(&m->state->batch);
	for (uint32_t i = 0; i < st->pair.n_blocks; i++)
		if (st->pair.block[i].flags & BLOCK_LIVE && !model_is_before(m, &st->pair.block[i]))
			fold_chain_end(m, &st->pair.block[i]);
	for (uint32_t i = 0; i < m->n_sites; i++)
		site_finish(sites_building(m, i), st->now_ns, st->n_peaks, st->mark);
}

void fold_begin(struct model *m)
{
	m->state->batch.op = mem_lines(SITE_OPS * sizeof *m->state->batch.op);
}

void fold_finish(struct model *m)
{
	struct model_state *st = m->state;
	uint64_t end_ns = m->duration_ns > st->now_ns ? m->duration_ns : st->now_ns;

	while (m->n_timeline < MODEL_TIMELINE)
		timeline_point(m, point_time(m));
	st->mark = MODEL_TIMES;
	st->now_ns = end_ns;
	build_pair_finish(m);
	announced_finish(m, end_ns);
	sites_finish(m);
	owners_finish(m);
	constructions_finish(m);
	classes_finish(m);
	sites_settle(m);
	edges_settle(m);
	free(st->batch.op);
	st->batch.op = NULL;
	check_sums(m);
}
