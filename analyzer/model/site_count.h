/*
 * What one event adds to the site of its block.  Private to model/.
 *
 * Nothing is swept: what depends on time (what a site held at the process's peak or at one of the
 * equidistant moments) is settled when the site changes next, or at the end.  So an event costs the same
 * however many sites there are.
 */
#ifndef PT_MODEL_SITE_COUNT_H
#define PT_MODEL_SITE_COUNT_H

#include "model/model.h"

/* What a site must know of the process at the moment of an event. */
struct site_moment {
	uint64_t now_ns;
	uint32_t
		n_peaks; /* times the process's live bytes reached a new maximum, before this event */
	uint32_t mark;   /* model.times_ns[] passed */
	uint32_t parts; /* enum model_part asked for */
};

/* How a block ended. */
struct site_end {
	uint64_t life_ns, life_events, life_bytes;
	uint32_t freer; /* stack */
	bool has_freer; /* which counts */
	bool temporary; /* before its thread allocated again */
	bool cross;     /* by another thread */
	bool in_gc;     /* inside a collection */
};

/* With MODEL_DETAILS every site has these, in one piece. */
struct site_detailed {
	struct site_more more;
	struct site_details details;
};

struct site_more *site_more_make(struct site *s);
struct site_reallocs *site_reallocs_make(struct site *s);

/* ---- site_count.c: what is not on the path of every event ---- */
void site_fill_marks(struct site *s, uint32_t mark);
void site_first_alloc(struct site *s, const struct block *b, uint64_t now_ns);
/* The thread's part; once more than one thread has allocated. */
void site_thread_alloc(struct site *s, uint32_t thread);
void site_thread_free(struct site *s, uint32_t thread);
/* Before the other numbers change. */
void site_parts_alloc(struct site *s, const struct site_moment *at, const struct block *b);
void site_parts_free(struct site *s, const struct site_moment *at, const struct block *b,
                     const struct site_end *end);

/* Settles what depends on time up to now: the end. */
void site_finish(struct site *s, const struct site_moment *at);
void site_release(struct site *s);

/* Before its live count changes: settles what its count until now decides. */
static inline void site_touch(struct site *s, const struct site_moment *at)
{
	if (s->peaks_seen != at->n_peaks) {
		s->at_peak_blocks = s->live_blocks;
		s->at_peak_bytes = s->live_bytes;
		s->peaks_seen = at->n_peaks;
	}
	if (__builtin_expect(s->times_seen < at->mark, 0))
		site_fill_marks(s, at->mark);
}

static inline void site_count_alloc(struct site *s, const struct site_moment *at,
                                    const struct block *b)
{
	uint64_t bytes = b->size_bytes;

	site_touch(s, at);
	if (__builtin_expect(!s->allocs, 0))
		site_first_alloc(s, b, at->now_ns);
	if (at->parts)
		site_parts_alloc(s, at, b);
	if (__builtin_expect(s->thread != b->thread || s->n_threads > 1, 0))
		site_thread_alloc(s, b->thread);

	s->allocs++;
	s->allocated_bytes += bytes;
	s->last_alloc_ns = at->now_ns;
	s->n_calloc += b->op == PTF_OP_CALLOC;
	if (__builtin_expect(b->align_log2 > s->align_log2, 0))
		s->align_log2 = b->align_log2;
	if (bytes > s->max_size_bytes)
		s->max_size_bytes = bytes;
	if (++s->live_blocks > s->peak_live_blocks)
		s->peak_live_blocks = s->live_blocks;
	s->live_bytes += bytes;
	if (s->live_bytes > s->peak_live_bytes)
		s->peak_live_bytes = s->live_bytes;
	hist_add(&s->size, bytes, 1);
}

static inline void site_count_free(struct site *s, const struct site_moment *at,
                                   const struct block *b, const struct site_end *end)
{
	site_touch(s, at);
	if (at->parts)
		site_parts_free(s, at, b, end);
	if (__builtin_expect(s->n_threads > 1, 0))
		site_thread_free(s, b->thread);

	s->frees++;
	s->live_blocks--;
	s->live_bytes -= b->size_bytes;
	s->temporary += end->temporary;
	s->cross_thread_frees += end->cross;
	s->gc_frees += end->in_gc;
	hist_add(&s->lifetime_ns, end->life_ns, 1);
}

MEM_PREFETCHES void site_prefetch(const struct site *s)
{
	__builtin_prefetch(s, 1);
	__builtin_prefetch((const char *)s + 64, 1);
	__builtin_prefetch((const char *)s + 128, 1);
	__builtin_prefetch((const char *)s + 192, 1);
}

/* What it has beyond its own lines: site_more and, right behind it, its details. */
MEM_PREFETCHES void site_prefetch_more(const struct site *s)
{
	const char *x = (const char *)s->more;

	if (!x)
		return;
	for (size_t i = 0; i < sizeof(struct site_detailed); i += 64)
		__builtin_prefetch(x + i, 1);
}

/* What these point to, for an event of the site. */
MEM_PREFETCHES void site_prefetch_parts(const struct site *s, const struct event *e)
{
	const struct site_more *x = s->more;

	if (!x)
		return;
	if (e->kind == EVENT_FREE)
		tally_prefetch(&x->freers, e->stack);
	else
		tally_prefetch(&x->sizes, e->size_bytes);
	__builtin_prefetch(s->size.window, 1);
	if (!x->details)
		return;
	__builtin_prefetch(x->details->order, 1);
	__builtin_prefetch(hist_weight_at(&x->details->concurrency, s->live_blocks), 1);
}

#endif
