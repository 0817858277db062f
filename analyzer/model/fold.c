/*
 * Blocks to numbers: what each allocation and free adds to the process and to its site (site_count.h).
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"
#include "util/error.h"

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
		m->state->at.n_peaks++;
	}
}

static void take_alloc(struct model *m, struct block *b)
{
	struct model_state *st = m->state;
	struct site *s = &m->sites[b->site_id];

	b->position = (uint32_t)s->allocs;
	site_count_alloc(s, &st->at, b);
	totals_alloc(m, b);
	if (__builtin_expect(st->announcing != NULL, 0))
		announced_alloc(m, b);
	if (st->at.parts & MODEL_EDGES)
		edges_note(&st->edges, &pair_thread(&st->pair, b->thread)->last_alloc, b->site_id,
		           false);
	if (b->owner_slot)
		owners_alloc(m, b);
	if (b->class_id)
		classes_alloc(m, b, b->class_id, b->time_ns);
	if (b->domain != PTF_DOMAIN_C || st->constructions)
		constructions_alloc(m, b);
}

void fold_alloc(struct model *m, struct block *b)
{
	if (model_is_before(m, b))
		return;
	take_alloc(m, b);
}

/* ---- free ---- */

/* The chain of reallocs that this block is the last of has come to its end. */
static void fold_chain_end(struct model *m, const struct block *b)
{
	if (!(b->flags & BLOCK_CHAINED))
		return;
	struct pair_chain chain = pair_chain(&m->state->pair, b);
	struct site_reallocs *o = site_reallocs_make(&m->sites[chain.origin]);
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

/* Who freed it, and when in the life of its thread. */
static void freed_by(struct model *m, const struct block *b, const struct event *e,
                     struct site_end *end)
{
	struct pair *p = &m->state->pair;
	struct pair_thread *freer = pair_thread(p, e->thread);

	end->has_freer = true;
	end->freer = e->stack;
	end->temporary = pair_is_last(p, b);
	end->cross = e->thread != b->thread;
	end->in_gc = freer->in_gc;
	m->totals.temporary_allocs += end->temporary;
	if (__builtin_expect(m->state->announcing && end->temporary, 0))
		announced_temporary(m, b);
	m->totals.cross_thread_frees += end->cross;
	if (m->state->at.parts & MODEL_EDGES)
		edges_note(&m->state->edges, &freer->last_free, b->site_id, true);
}

static inline struct site_end end_of(const struct model *m, const struct block *b,
                                     const struct event *e)
{
	return (struct site_end){
		.life_ns = e->time_ns - b->time_ns,
		.life_events = (e->seq - b->seq) & PAIR_BITS_48,
		.life_bytes = (m->state->before.allocated_bytes + m->totals.allocated_bytes -
	                       pair_bytes_before(b)) &
	                      PAIR_BITS_48,
	};
}

void fold_free(struct model *m, struct block *b, const struct event *e, bool implied)
{
	if (model_is_before(m, b))
		return;
	struct site_end end = end_of(m, b, e);

	if (!implied)
		freed_by(m, b, e, &end);
	site_count_free(&m->sites[b->site_id], &m->state->at, b, &end);
	totals_free(m, b);
	fold_chain_end(m, b);
	class_free(m, b, e, end.in_gc);
}

void fold_realloc(struct model *m, struct block *old_block, struct block *new_block,
                  const struct event *e)
{
	if (model_is_before(m, old_block)) {
		fold_alloc(m, new_block);
		return;
	}
	struct site_end end = end_of(m, old_block, e);
	bool moved = old_block->address != new_block->address;
	uint64_t copied = old_block->size_bytes < new_block->size_bytes ? old_block->size_bytes
	                                                                : new_block->size_bytes;

	site_count_free(&m->sites[old_block->site_id], &m->state->at, old_block, &end);
	totals_free(m, old_block);
	class_free(m, old_block, e, false);
	take_alloc(m, new_block);
	struct site_reallocs *r = site_reallocs_make(&m->sites[new_block->site_id]);
	r->calls++;
	r->moved += moved;
	r->copied_bytes += moved ? copied : 0;
	m->totals.reallocs++;
	m->totals.realloc_moved += moved;
}

void fold_class(struct model *m, struct block *b, const struct event *e)
{
	if (model_is_before(m, b))
		return;
	constructions_class(m, b, e->class_id);
	classes_change(m, b, e);
}

/* ---- regions, collections ---- */

void fold_region(struct model *m, const struct event *e)
{
	regions_count(m, e);
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
	while (st->at.mark < MODEL_TIMES && time_ns > m->times_ns[st->at.mark])
		st->at.mark++;
	while (m->n_timeline < MODEL_TIMELINE && time_ns > point_time(m))
		timeline_point(m, point_time(m));
	st->next_ns = st->at.mark < MODEL_TIMES ? m->times_ns[st->at.mark] : UINT64_MAX;
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

	for (uint32_t i = 0; i < st->pair.n_blocks; i++)
		if (st->pair.block[i].flags & BLOCK_LIVE && !model_is_before(m, &st->pair.block[i]))
			fold_chain_end(m, &st->pair.block[i]);
	for (uint32_t i = 0; i < m->n_sites; i++)
		site_finish(&m->sites[i], &st->at);
}

void fold_finish(struct model *m)
{
	struct model_state *st = m->state;
	uint64_t end_ns = m->duration_ns > st->at.now_ns ? m->duration_ns : st->at.now_ns;

	while (m->n_timeline < MODEL_TIMELINE)
		timeline_point(m, point_time(m));
	st->at.mark = MODEL_TIMES;
	st->at.now_ns = end_ns;
	build_pair_finish(m);
	announced_finish(m, end_ns);
	sites_finish(m);
	owners_finish(m);
	constructions_finish(m);
	classes_finish(m);
	edges_settle(m);
	check_sums(m);
}
