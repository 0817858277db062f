/* See site_count.h: what is not on the path of every event. */
#include "model/site_count.h"

#include <stdlib.h>

#include "model/live_order.h"
#include "util/mem.h"

_Static_assert(sizeof(struct site) == 256, "a site is four lines of the cache");

struct site_more *site_more_make(struct site *s)
{
	if (!s->more)
		s->more = mem_zalloc(1, sizeof *s->more);
	return s->more;
}

struct site_reallocs *site_reallocs_make(struct site *s)
{
	struct site_more *x = site_more_make(s);

	if (!x->reallocs)
		x->reallocs = mem_zalloc(1, sizeof *x->reallocs);
	return x->reallocs;
}

/* The first that a site has beyond its own lines, where details are counted. */
static inline struct site_details *details_make(struct site *s)
{
	if (__builtin_expect(!s->more, 0)) {
		struct site_detailed *x = mem_lines(sizeof *x);
		x->more.details = &x->details;
		s->more = &x->more;
	}
	return s->more->details;
}

/* ---- time ---- */

/* Live bytes have been what they are since the last mark that was filled. */
void site_fill_marks(struct site *s, uint32_t mark)
{
	uint64_t **at = s->live_bytes ? &site_more_make(s)->live_bytes_at
	                : s->more     ? &s->more->live_bytes_at
	                              : NULL;

	if (at && !*at && s->live_bytes)
		*at = mem_zalloc(MODEL_TIMES, sizeof(**at));
	for (uint32_t i = s->times_seen; at && *at && i < mark; i++)
		(*at)[i] = s->live_bytes;
	s->times_seen = (uint8_t)mark;
}

void site_first_alloc(struct site *s, const struct block *b, uint64_t now_ns)
{
	s->op = b->op;
	s->domain = b->domain;
	s->first_alloc_ns = now_ns;
	s->thread = b->thread;
	s->n_threads = s->n_threads_seen = 1;
}

/* ---- threads ---- */

/* While a site has one thread, the thread's numbers are the site's. */
static void threads_begin(struct site *s)
{
	struct site_more *x = site_more_make(s);

	x->threads_room = 2;
	x->threads = mem_zalloc(x->threads_room, sizeof *x->threads);
	x->threads[0] = (struct site_thread){.thread = s->thread,
	                                     .n_allocs = s->allocs,
	                                     .n_live = s->live_blocks,
	                                     .peak_live_blocks = s->peak_live_blocks};
}

static struct site_thread *site_thread_find(struct site *s, uint32_t thread)
{
	struct site_more *x = s->more;

	if (x->threads[x->thread_last].thread == thread)
		return &x->threads[x->thread_last];
	for (uint32_t i = 0; i < s->n_threads; i++) {
		if (x->threads[i].thread == thread) {
			x->thread_last = i;
			return &x->threads[i];
		}
	}
	return NULL;
}

static struct site_thread *site_thread_new(struct site *s, uint32_t thread)
{
	struct site_more *x = s->more;

	if (s->n_threads == MODEL_THREADS_CAP) {
		s->n_threads_seen = MODEL_THREADS_CAP + 1;
		return NULL;
	}
	x->thread_last = s->n_threads++;
	s->n_threads_seen = s->n_threads;
	if (s->n_threads > x->threads_room) {
		x->threads_room *= 2;
		x->threads = mem_realloc(x->threads, x->threads_room * sizeof *x->threads);
	}
	x->threads[x->thread_last] = (struct site_thread){.thread = thread};
	return &x->threads[x->thread_last];
}

void site_thread_alloc(struct site *s, uint32_t thread)
{
	if (s->n_threads == 1)
		threads_begin(s);
	struct site_thread *t = site_thread_find(s, thread);
	if (!t && !(t = site_thread_new(s, thread)))
		return;
	t->n_allocs++;
	if (++t->n_live > t->peak_live_blocks)
		t->peak_live_blocks = t->n_live;
}

void site_thread_free(struct site *s, uint32_t thread)
{
	struct site_thread *t = site_thread_find(s, thread);
	if (t)
		t->n_live--;
}

static int thread_by_allocs(const void *a, const void *b)
{
	const struct site_thread *x = a, *y = b;
	if (x->n_allocs != y->n_allocs)
		return x->n_allocs < y->n_allocs ? 1 : -1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

struct site_thread site_thread_at(const struct site *s, uint32_t i)
{
	if (s->n_threads > 1)
		return s->more->threads[i];
	return (struct site_thread){.thread = s->thread,
	                            .n_allocs = s->allocs,
	                            .n_live = s->live_blocks,
	                            .peak_live_blocks = s->peak_live_blocks};
}

/* ---- sizes, freers: tallies that begin with the second key ---- */

static void sizes_add(struct site *s, uint64_t bytes)
{
	struct tally *t = s->more ? &s->more->sizes : NULL;

	if (!s->allocs || ((!t || !t->n) && bytes == s->max_size_bytes))
		return;
	t = &site_more_make(s)->sizes;
	if (!t->n)
		tally_add(t, s->max_size_bytes, s->allocs, MODEL_SIZES_CAP);
	tally_add(t, bytes, 1, MODEL_SIZES_CAP);
}

static void freers_add(struct site *s, uint32_t freer)
{
	if (!s->n_freer_frees || s->freer == freer) {
		s->freer = freer;
		s->n_freer_frees++;
		return;
	}
	tally_add(&site_more_make(s)->freers, freer, 1, MODEL_FREERS_CAP - 1);
}

static void list_of(struct site_list *out, const struct tally *t, uint64_t key, uint64_t count)
{
	*out = (struct site_list){.entry = &out->one, .n = count != 0, .one = {key, count}};
	if (t && t->n)
		*out = (struct site_list){.entry = t->entry, .n = t->n, .overflow = t->overflow};
}

void site_sizes(const struct site *s, struct site_list *out)
{
	list_of(out, s->more ? &s->more->sizes : NULL, s->max_size_bytes, s->allocs);
}

void site_freers(const struct site *s, struct site_list *out)
{
	list_of(out, s->more ? &s->more->freers : NULL, s->freer, s->n_freer_frees);
}

uint32_t site_top_freer(const struct site *s)
{
	struct site_list list;

	site_freers(s, &list);
	return list.n ? (uint32_t)list.entry[0].key : 0;
}

/* ---- what not every report asks for ---- */

static void details_touch(struct site_details *x, const struct site *s, uint64_t now_ns)
{
	if (s->live_blocks)
		hist_add(&x->concurrency, s->live_blocks, now_ns - x->changed_ns);
	x->changed_ns = now_ns;
}

void site_parts_alloc(struct site *s, const struct site_moment *at, const struct block *b)
{
	if (at->parts & MODEL_DETAILS) {
		struct site_details *x = details_make(s);
		details_touch(x, s, at->now_ns);
		live_order_add(&x->order, b->position);
	}
	if (at->parts & MODEL_SIZES)
		sizes_add(s, b->size_bytes);
}

void site_parts_free(struct site *s, const struct site_moment *at, const struct block *b,
                     const struct site_end *end)
{
	bool youngest, oldest;

	if ((at->parts & MODEL_FREERS) && end->has_freer)
		freers_add(s, end->freer);
	if (!(at->parts & MODEL_DETAILS))
		return;

	struct site_details *x = details_make(s);
	details_touch(x, s, at->now_ns);
	hist_add(&x->lifetime_events, end->life_events, 1);
	hist_add(&x->lifetime_bytes, end->life_bytes, 1);
	live_order_remove(x->order, b->position, &youngest, &oldest);
	x->lifo_frees += youngest;
	x->fifo_frees += oldest;
	x->zero_rounds += s->live_blocks == 1;
}

const struct site_reallocs *site_reallocs(const struct site *s)
{
	static const struct site_reallocs none;
	return s->more && s->more->reallocs ? s->more->reallocs : &none;
}

const struct site_details *site_details(const struct site *s)
{
	static const struct site_details none;
	return s->more && s->more->details ? s->more->details : &none;
}

/* ---- the end ---- */

/* The first freer is one of the list from now on. */
static void freers_finish(struct site *s)
{
	struct tally *t = &s->more->freers;

	if (!t->n)
		return;
	tally_add(t, s->freer, s->n_freer_frees, MODEL_FREERS_CAP);
	tally_sort(t);
}

void site_finish(struct site *s, const struct site_moment *at)
{
	struct site_more *x;

	site_touch(s, at);
	if (at->parts & MODEL_DETAILS)
		details_touch(details_make(s), s, at->now_ns);
	if (!(x = s->more))
		return;
	tally_sort(&x->sizes);
	freers_finish(s);
	if (s->n_threads > 1)
		qsort(x->threads, s->n_threads, sizeof *x->threads, thread_by_allocs);
	if (x->details) {
		live_order_free(x->details->order);
		x->details->order = NULL;
	}
}

static void details_release(struct site_details *x)
{
	if (!x)
		return;
	hist_release(&x->concurrency);
	hist_release(&x->lifetime_events);
	hist_release(&x->lifetime_bytes);
	live_order_free(x->order);
}

static void reallocs_release(struct site_reallocs *x)
{
	if (!x)
		return;
	hist_release(&x->chain_length);
	hist_release(&x->final_size);
	free(x);
}

void site_release(struct site *s)
{
	struct site_more *x = s->more;

	hist_release(&s->size);
	hist_release(&s->lifetime_ns);
	if (!x)
		return;
	tally_release(&x->sizes);
	tally_release(&x->freers);
	details_release(x->details);
	reallocs_release(x->reallocs);
	free(x->live_bytes_at);
	free(x->threads);
	free(x);
	s->more = NULL;
}
