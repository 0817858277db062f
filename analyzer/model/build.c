/*
 * The two passes over a trace: the one that builds the model, and the one that runs again for
 * observers.  Both are the same loop: events_next() -> pair_event(), with another sink.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"
#include "symbols/symbols.h"
#include "util/error.h"
#include "util/progress.h"

/* ---- the loop ---- */

#define PROGRESS_EVENTS 65536u /* what is shorter is read at once, without a bar */

/* events_next(), with the progress bar. */
static inline bool next_event(struct events *events, struct event *e)
{
	uint64_t done, all;
	if (!events_next(events, e))
		return false;
	if (__builtin_expect((e->seq + 1) % PROGRESS_EVENTS == 0, 0)) {
		events_progress(events, &done, &all);
		progress_show(all ? (double)done / (double)all : 0);
	}
	return true;
}

static struct events *begin_pass(struct trace *t, struct pair *p, const char *what)
{
	struct events *events = events_new(t, pair_is_live, p);
	events_set_prefetch(events, pair_prefetch);
	progress_begin(what);
	return events;
}

static void end_pass(struct events *events)
{
	events_free(events);
	progress_end();
}

/* ---- building ---- */

static struct site *build_site(void *context, const struct event *e)
{
	return sites_get(context, e->stack, e->class_id);
}

static void build_alloc(void *context, struct block *b, const struct event *e)
{
	fold_alloc(context, b, e);
}

static void build_free(void *context, struct block *b, const struct event *e, bool implied)
{
	fold_free(context, b, e, implied);
}

static void build_realloc(void *context, struct block *old_block, struct block *new_block,
                          const struct event *e)
{
	fold_realloc(context, old_block, new_block, e);
}

static void build_class(void *context, struct block *b, const struct event *e)
{
	fold_class(context, b, e);
}

static void build_event(struct model *m, const struct event *e)
{
	fold_time(m, e->time_ns);
	switch (e->kind) {
	case EVENT_REGION:
		fold_region(m, e);
		break;
	case EVENT_GC:
		fold_gc(m, e);
		break;
	default:
		pair_event(&m->state->pair, e);
	}
	m->health.events += e->kind <= EVENT_FREE;
}

static void build_times(struct model *m)
{
	m->duration_ns = m->trace->process.duration_ns;
	for (uint32_t i = 0; i < MODEL_TIMES; i++)
		m->times_ns[i] =
			(uint64_t)((unsigned __int128)m->duration_ns * (i + 1) / MODEL_TIMES);
}

/* The recorder counts events with an incomplete stack; a killed one may have counted less than there
 * are stacks of that kind. */
static void count_stacks(struct model *m)
{
	const struct trace *t = m->trace;
	uint64_t n = 0;
	for (uint32_t i = 1; i < t->n_stacks; i++)
		n += (t->stacks[i].flags & (PTF_STACK_CUT | PTF_STACK_LOST)) != 0;
	m->health.truncated_stacks = n > t->health.truncated_stacks ? n
	                                                            : t->health.truncated_stacks;
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (!trace_stack(t, m->sites[i].stack)->node)
			m->health.unknown_stacks += m->sites[i].allocs;
}

static void build_health(struct model *m)
{
	const struct pair *p = &m->state->pair;
	const struct trace *t = m->trace;
	struct model_health *h = &m->health;
	h->lost_events = t->health.lost_events;
	h->unmatched_frees = p->unmatched_frees;
	h->double_allocs = p->double_allocs;
	h->undone_reallocs = p->undone_reallocs;
	h->damaged_chunks = t->health.damaged_chunks;
	count_stacks(m);
	h->complete = !h->lost_events && !h->damaged_chunks && t->process.end != PTF_END_UNKNOWN &&
	              t->process.end != PTF_END_STOPPED;
}

static void end_observers(const struct model_observer *observers, uint32_t n, uint64_t time_ns)
{
	for (uint32_t i = 0; i < n; i++)
		if (observers[i].on_end)
			observers[i].on_end(observers[i].context, time_ns);
}

int model_build(struct trace *t, const struct model_observer *observers, uint32_t n_observers,
                struct model **out)
{
	struct model *m = mem_zalloc(1, sizeof *m);
	struct model_state *st = m->state = mem_zalloc(1, sizeof *st);
	struct event e;
	m->trace = t;
	m->process = &t->process;
	st->observers = observers;
	st->n_observers = n_observers;
	build_times(m);
	sites_init(m);
	edges_init(&st->edges);
	pair_init(&st->pair, &(struct pair_sink){.context = m,
	                                         .site_of = build_site,
	                                         .on_alloc = build_alloc,
	                                         .on_free = build_free,
	                                         .on_realloc = build_realloc,
	                                         .on_class = build_class});
	struct events *events = begin_pass(t, &st->pair, "reading the trace");
	while (next_event(events, &e))
		build_event(m, &e);
	end_pass(events);
	fold_finish(m);
	build_health(m);
	end_observers(observers, n_observers, st->now_ns);
	st->observers = NULL;
	st->n_observers = 0;
	*out = m;
	return 0;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	classes_release(m);
	sites_release(m);
	edges_release(&m->state->edges);
	regions_release(m);
	pair_release(&m->state->pair);
	hist_release(&m->totals.gc_pause);
	symbols_free(m->symbols);
	trace_free(m->trace);
	free(m->state);
	free(m);
}

/* ---- running again ---- */

struct replay {
	const struct model *m;
	const struct model_observer *observers;
	uint32_t n;
};

/* All sites exist; only a damaged file that changes under us could name another. */
static struct site *replay_site(void *context, const struct event *e)
{
	const struct replay *r = context;
	const struct site *s = sites_find(r->m, e->stack, e->class_id);
	if (!s)
		die(EXIT_FAILED, "'%s' changed while it was being read", r->m->trace->path);
	return (struct site *)s;
}

static void replay_alloc(void *context, struct block *b, const struct event *e)
{
	const struct replay *r = context;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_alloc)
			r->observers[i].on_alloc(r->observers[i].context, b, e);
}

static void replay_free(void *context, struct block *b, const struct event *e, bool implied)
{
	const struct replay *r = context;
	(void)implied;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_free)
			r->observers[i].on_free(r->observers[i].context, b, e);
}

static void replay_realloc(void *context, struct block *old_block, struct block *new_block,
                           const struct event *e)
{
	const struct replay *r = context;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_realloc)
			r->observers[i].on_realloc(r->observers[i].context, old_block, new_block,
			                           e);
}

static void replay_class(void *context, struct block *b, const struct event *e)
{
	const struct replay *r = context;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_class)
			r->observers[i].on_class(r->observers[i].context, b, e);
}

static void replay_other(const struct replay *r, const struct event *e)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct model_observer *o = &r->observers[i];
		if (e->kind == EVENT_REGION && o->on_region)
			o->on_region(o->context, e);
		if (e->kind == EVENT_GC && o->on_gc)
			o->on_gc(o->context, e);
	}
}

int model_scan(const struct model *m, const struct model_observer *observers,
                 uint32_t n_observers)
{
	struct replay r = {.m = m, .observers = observers, .n = n_observers};
	struct pair p;
	struct event e;
	uint64_t now_ns = 0;
	pair_init(&p, &(struct pair_sink){.context = &r,
	                                  .site_of = replay_site,
	                                  .on_alloc = replay_alloc,
	                                  .on_free = replay_free,
	                                  .on_realloc = replay_realloc,
	                                  .on_class = replay_class});
	struct events *events = begin_pass(m->trace, &p, n_observers ? observers[0].what : NULL);
	while (next_event(events, &e)) {
		now_ns = e.time_ns;
		if (e.kind == EVENT_REGION || e.kind == EVENT_GC)
			replay_other(&r, &e);
		else
			pair_event(&p, &e);
	}
	end_pass(events);
	pair_release(&p);
	end_observers(observers, n_observers, m->duration_ns > now_ns ? m->duration_ns : now_ns);
	return 0;
}

/* ---- what is live at the end ---- */

static int by_seq(const void *a, const void *b)
{
	const struct block *const *x = a, *const *y = b;
	return (*x)->seq < (*y)->seq ? -1 : (*x)->seq > (*y)->seq;
}

void model_each_live_block(const struct model *m,
                           bool (*visit)(void *context, const struct block *b), void *context)
{
	const struct pair *p = &m->state->pair;
	const struct block **live = mem_alloc((p->n_live + 1) * sizeof(*live));
	uint32_t n = 0;
	for (uint32_t i = 0; i < p->n_blocks; i++)
		if (p->block[i].flags & BLOCK_LIVE)
			live[n++] = &p->block[i];
	qsort(live, n, sizeof(*live), by_seq);
	for (uint32_t i = 0; i < n && visit(context, live[i]); i++)
		;
	free(live);
}

/* ---- CPU of the untraced run ---- */

uint64_t model_untraced_cpu_ns(const struct model *m)
{
	if (m->state->untraced_cpu_ns)
		return m->state->untraced_cpu_ns;
	return m->process->has_baseline ? m->process->baseline.cpu_ns : 0;
}

void model_set_untraced_cpu_ns(struct model *m, uint64_t cpu_ns)
{
	m->state->untraced_cpu_ns = cpu_ns;
}
