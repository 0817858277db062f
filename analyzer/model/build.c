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

#define PROGRESS_RUNS 256u /* of events, between two looks at the clock */
#define FETCH_FAR 24u      /* events between a step of fetching and the event itself */
#define FETCH_NEAR 12u
#define FETCH_SITE 6u
#define FETCH_SITES 128u /* from so many sites on */
/* With parts a site is a chain of pointers: each step needs what the one before has fetched. */
#define FETCH_SITE_FIRST 9u
#define FETCH_MORE 6u
#define FETCH_PARTS 3u

struct pass {
	struct events *events;
	struct pair *pair;
	uint32_t n_runs;
};

static struct pass begin_pass(struct trace *t, struct pair *p, const char *what)
{
	progress_begin(what);
	return (struct pass){.events = events_new(t, pair_is_live, p), .pair = p};
}

static void end_pass(struct pass *pass)
{
	events_free(pass->events);
	progress_end();
}

static void pass_progress(struct pass *pass)
{
	uint64_t done, all;
	if (++pass->n_runs % PROGRESS_RUNS)
		return;
	events_progress(pass->events, &done, &all);
	progress_show(all ? (double)done / (double)all : 0);
}

/* The first events of a batch have not been seen by fetch_ahead(). */
MEM_PREFETCHES void fetch_first(const struct pair *p, const struct event_run *run)
{
	for (uint32_t i = 0; i < FETCH_FAR && i < run->n_ahead; i++)
		pair_fetch_bucket(p, run->event[i].address);
	for (uint32_t i = 0; i < FETCH_NEAR && i < run->n_ahead; i++)
		pair_fetch_block(p, run->event[i].address);
}

MEM_PREFETCHES void fetch_ahead(const struct pair *p, const struct event_run *run, uint32_t i)
{
	if (i + FETCH_FAR < run->n_ahead)
		pair_fetch_bucket(p, run->event[i + FETCH_FAR].address);
	if (i + FETCH_NEAR < run->n_ahead)
		pair_fetch_block(p, run->event[i + FETCH_NEAR].address);
}

/* The site that an event of the run seems to belong to; NULL: the run ends before it. */
MEM_PREFETCHES const struct site *site_ahead(const struct model *m, const struct event_run *run,
                                             uint32_t i)
{
	const struct site_index *x = &m->state->index;

	if (i >= run->n_ahead)
		return NULL;
	const struct event *e = &run->event[i];
	if (e->kind == EVENT_ALLOC) {
		uint32_t id = e->stack < x->n_stacks ? x->last_of_stack[e->stack] : 0;
		return &m->sites[id ? id - 1 : 0];
	}
	const struct block *b = pair_fetch_block(&m->state->pair, e->address);
	return &m->sites[b ? b->site_id : 0];
}

/* Few sites are in the cache anyway. */
MEM_PREFETCHES void fetch_site(const struct model *m, const struct event_run *run, uint32_t i)
{
	bool has_parts = m->state->at.parts != 0;
	const struct site *s;

	if (m->n_sites < FETCH_SITES)
		return;
	s = site_ahead(m, run, i + (has_parts ? FETCH_SITE_FIRST : FETCH_SITE));
	if (s)
		site_prefetch(s);
	if (!has_parts)
		return;
	if ((s = site_ahead(m, run, i + FETCH_MORE)))
		site_prefetch_more(s);
	if ((s = site_ahead(m, run, i + FETCH_PARTS)))
		site_prefetch_parts(s, &run->event[i + FETCH_PARTS]);
}

static bool next_run(struct pass *pass, struct event_run *run)
{
	if (progress_interrupted() || !events_run(pass->events, run))
		return false;
	if (run->is_fresh) {
		fetch_first(pass->pair, run);
		pass_progress(pass);
	}
	return true;
}

/* ---- building ---- */

static uint32_t build_site(void *context, const struct event *e)
{
	struct model *m = context;
	bool before = __builtin_expect(e->seq < m->state->first_event, 0);

	return before ? sites_get(m, 0, 0) : sites_get(m, e->stack, e->class_id);
}

static void build_alloc(void *context, struct block *b, const struct event *e)
{
	(void)e;
	fold_alloc(context, b);
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

static const struct pair_sink build_sink = {
	.site_of = build_site,
	.on_alloc = build_alloc,
	.on_free = build_free,
	.on_realloc = build_realloc,
	.on_class = build_class,
};

void build_pair_finish(struct model *m)
{
	pair_finish(&m->state->pair, &build_sink, m);
}

/* From here on events count. */
static void begin_counting(struct model *m, const struct event *e)
{
	struct model_state *st = m->state;
	struct model_totals *t = &m->totals;

	st->first_event = e->seq;
	st->before.unmatched_frees = st->pair.unmatched_frees;
	st->before.double_allocs = st->pair.double_allocs;
	st->before.undone_reallocs = st->pair.undone_reallocs;
	st->before.allocated_bytes = st->pair.allocated_bytes;
	t->peak_reserved_bytes = t->reserved_bytes;
	t->peak_mapped_bytes = t->mapped_bytes;
	t->n_maps = 0;
}

/* An event from before: blocks are followed, so that their frees are known. */
static void build_before(struct model *m, const struct event *e)
{
	if (e->kind == EVENT_REGION)
		regions_count(m, e);
	else if (e->kind <= EVENT_CLASS)
		pair_event(&m->state->pair, &build_sink, m, e);
}

static void build_event(struct model *m, const struct event *e)
{
	if (__builtin_expect(m->state->first_event == UINT64_MAX, 0)) {
		if (e->seq < m->trace->from_event || e->time_ns < m->trace->from_ns) {
			build_before(m, e);
			return;
		}
		begin_counting(m, e);
	}

	fold_time(m, e->time_ns);
	switch (e->kind) {
	case EVENT_REGION:
		fold_region(m, e);
		break;
	case EVENT_GC:
		fold_gc(m, e);
		break;
	case EVENT_MARK:
		announced_event(m, e);
		break;
	case EVENT_ARGUMENT:
		constructions_argument(m, e);
		break;
	case EVENT_CONSTRUCTED:
		constructions_timed(m, e);
		break;
	default:
		pair_event(&m->state->pair, &build_sink, m, e);
	}

	m->health.events += e->kind <= EVENT_FREE;
}

static void build_times(struct model *m)
{
	m->duration_ns = m->trace->process.duration_ns;
	uint64_t from_ns = model_from_ns(m), length_ns = m->duration_ns - from_ns;
	for (uint32_t i = 0; i < MODEL_TIMES; i++)
		m->times_ns[i] = from_ns +
		                 (uint64_t)((unsigned __int128)length_ns * (i + 1) / MODEL_TIMES);
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
	const struct model_state *st = m->state;
	const struct pair *p = &st->pair;
	const struct trace *t = m->trace;
	struct model_health *h = &m->health;

	h->lost_events = t->health.lost_events;
	h->unmatched_frees = p->unmatched_frees - st->before.unmatched_frees;
	h->double_allocs = p->double_allocs - st->before.double_allocs;
	h->undone_reallocs = p->undone_reallocs - st->before.undone_reallocs;
	h->damaged_chunks = t->health.damaged_chunks;
	count_stacks(m);
	h->complete = !h->lost_events && !h->damaged_chunks && t->process.end != PTF_END_UNKNOWN &&
	              t->process.end != PTF_END_STOPPED && !t->process.n_untraced;
}

static void end_observers(const struct model_observer *observers, uint32_t n, uint64_t time_ns)
{
	for (uint32_t i = 0; i < n; i++)
		if (observers[i].on_end)
			observers[i].on_end(observers[i].context, time_ns);
}

/* The numbers are of what has been read.  Another pass ends at once, so detectors must not run. */
static void note_interrupted(struct model *m)
{
	char *note = mem_printf("reading was ended with Ctrl-C after %.3g s of %.3g s: the numbers "
	                        "are of that part, "
	                        "and nothing was looked for",
	                        (double)m->state->at.now_ns / 1e9, (double)m->duration_ns / 1e9);

	trace_add_note(m->trace, note);
	free(note);
}

int model_build(struct trace *t, unsigned parts, struct model **out)
{
	struct model *m = mem_zalloc(1, sizeof *m);
	struct model_state *st = m->state = mem_zalloc(1, sizeof *st);
	struct event_run run;

	m->trace = t;
	m->process = &t->process;
	st->at.parts = parts;
	st->first_event = t->from_event || t->from_ns ? UINT64_MAX : 0;
	build_times(m);
	sites_init(m);
	edges_init(&st->edges);
	pair_init(&st->pair);
	struct pass pass = begin_pass(t, &st->pair, "reading the trace");
	while (next_run(&pass, &run))
		for (uint32_t i = 0; i < run.n; i++) {
			fetch_ahead(&st->pair, &run, i);
			fetch_site(m, &run, i);
			build_event(m, &run.event[i]);
		}

	end_pass(&pass);
	if (progress_interrupted())
		note_interrupted(m);
	fold_finish(m);
	build_health(m);
	*out = m;
	return 0;
}

/* Everything that is sized by what the trace holds. */
static void release_tables(struct model *m)
{
	owners_release(m);
	constructions_release(m);
	classes_release(m);
	sites_release(m);
	edges_release(&m->state->edges);
	regions_release(m);
	announced_release(m);
	pair_release(&m->state->pair);
	hist_release(&m->totals.gc_pause);
	symbols_free(m->symbols);
	trace_free(m->trace);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	release_tables(m);
	free(m->state);
	free(m);
}

void model_shrink(struct model *m)
{
	struct trace *t = trace_outline(m->trace);

	release_tables(m);
	*m->state = (struct model_state){.untraced_cpu_ns = m->state->untraced_cpu_ns};
	m->symbols = NULL;
	m->sites = NULL;
	m->classes = NULL;
	m->edges = NULL;
	m->n_sites = m->n_classes = m->n_edges = 0;
	m->trace = t;
	m->process = &t->process;
}

/* ---- running again ---- */

struct replay {
	const struct model *m;
	const struct model_observer *observers;
	uint32_t n;
};

/* All sites exist; only a damaged file that changes under us could name another. */
static uint32_t replay_site(void *context, const struct event *e)
{
	const struct replay *r = context;
	bool before = __builtin_expect(e->seq < r->m->state->first_event, 0);
	uint32_t id = before ? sites_find(r->m, 0, 0) : sites_find(r->m, e->stack, e->class_id);
	if (__builtin_expect(!id, 0))
		die(EXIT_FAILED, "'%s' changed while it was being read", r->m->trace->path);
	return id - 1;
}

static void replay_alloc(void *context, struct block *b, const struct event *e)
{
	const struct replay *r = context;
	if (model_is_before(r->m, b))
		return;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_alloc)
			r->observers[i].on_alloc(r->observers[i].context, b, e);
}

static void replay_free(void *context, struct block *b, const struct event *e, bool implied)
{
	const struct replay *r = context;
	(void)implied;
	if (model_is_before(r->m, b))
		return;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_free)
			r->observers[i].on_free(r->observers[i].context, b, e);
}

static void replay_realloc(void *context, struct block *old_block, struct block *new_block,
                           const struct event *e)
{
	const struct replay *r = context;
	if (model_is_before(r->m, old_block)) {
		replay_alloc(context, new_block, e);
		return;
	}
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_realloc)
			r->observers[i].on_realloc(r->observers[i].context, old_block, new_block,
			                           e);
}

static void replay_class(void *context, struct block *b, const struct event *e)
{
	const struct replay *r = context;
	if (model_is_before(r->m, b))
		return;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->observers[i].on_class)
			r->observers[i].on_class(r->observers[i].context, b, e);
}

static const struct pair_sink replay_sink = {
	.site_of = replay_site,
	.on_alloc = replay_alloc,
	.on_free = replay_free,
	.on_realloc = replay_realloc,
	.on_class = replay_class,
};

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

static void scan_live(const struct replay *r, const struct pair *p)
{
	for (uint32_t i = 0; i < r->n; i++)
		for (uint32_t k = 0; r->observers[i].on_live && k < p->n_blocks; k++)
			if (p->block[k].flags & BLOCK_LIVE && !model_is_before(r->m, &p->block[k]))
				r->observers[i].on_live(r->observers[i].context, &p->block[k]);
}

static void replay_event(struct replay *r, struct pair *p, const struct event *e)
{
	bool before = __builtin_expect(e->seq < r->m->state->first_event, 0);
	if (e->kind == EVENT_REGION || e->kind == EVENT_GC) {
		if (!before)
			replay_other(r, e);
	} else {
		pair_event(p, &replay_sink, r, e);
	}
}

int model_scan(const struct model *m, const struct model_observer *observers, uint32_t n_observers)
{
	struct replay r = {.m = m, .observers = observers, .n = n_observers};
	struct pair p;
	struct event_run run;
	uint64_t now_ns = 0;

	pair_init(&p);
	struct pass pass = begin_pass(m->trace, &p, n_observers ? observers[0].what : NULL);
	while (next_run(&pass, &run)) {
		for (uint32_t i = 0; i < run.n; i++) {
			fetch_ahead(&p, &run, i);
			replay_event(&r, &p, &run.event[i]);
		}
		now_ns = run.event[run.n - 1].time_ns;
	}

	end_pass(&pass);
	scan_live(&r, &p);
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
		if (p->block[i].flags & BLOCK_LIVE && !model_is_before(m, &p->block[i]))
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
