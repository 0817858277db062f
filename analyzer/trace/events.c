/*
 * Merging the streams of a trace: a heap of streams by the time of their next event.
 *
 * Almost every event is decided by its stamp.  When another stream's next event lies within
 * MERGE_SLACK_NS, the order of the stamps is not proof, and the life of the address decides:
 *
 *     1. thread A frees X: stamped, then released
 *     2. thread B is given X, stamped on another core's clock, at the same reading or just before
 *
 * B's allocation of the still live X is put off by the slack; when A's free of X comes out, B's turn
 * comes at once.  The same for a free that would come before its allocation.  An event is put off
 * only once, so that a trace with lost events does not wait forever.
 */
#include "trace/events.h"

#include <stdlib.h>
#include <string.h>

#include "reader_stream.h"
#include "util/error.h"

#define MERGE_SLACK_NS 1000u
#define MERGE_WAITING 64u /* streams that wait at the same time; more do not wait */

struct merge_stream {
	struct stream s;
	uint64_t key;      /* time of its next event, later while it waits */
	uint32_t position; /* in the heap */
	bool waited;       /* its next event has been put off already */
};

struct events {
	struct trace *t;
	events_is_live is_live;
	void *context;
	struct merge_stream *stream;
	uint32_t *heap; /* stream numbers, smallest (key, number) first */
	uint32_t n_heap, n_streams;
	uint32_t waiting[MERGE_WAITING];
	uint32_t n_waiting;
	uint32_t last; /* stream of the last event */
	uint64_t n_events;
	uint64_t now_ns; /* of the last event: one that waited takes it on */
};

/* ---- heap ---- */

static bool before(const struct events *e, uint32_t a, uint32_t b)
{
	uint64_t x = e->stream[a].key, y = e->stream[b].key;
	return x < y || (x == y && a < b);
}

static void place(struct events *e, uint32_t position, uint32_t i)
{
	e->heap[position] = i;
	e->stream[i].position = position;
}

static void sift_down(struct events *e, uint32_t position)
{
	uint32_t i = e->heap[position];
	for (;;) {
		uint32_t child = 2 * position + 1;
		if (child >= e->n_heap)
			break;
		if (child + 1 < e->n_heap && before(e, e->heap[child + 1], e->heap[child]))
			child++;
		if (!before(e, e->heap[child], i))
			break;
		place(e, position, e->heap[child]);
		position = child;
	}

	place(e, position, i);
}

static void sift_up(struct events *e, uint32_t position)
{
	uint32_t i = e->heap[position];
	while (position && before(e, i, e->heap[(position - 1) / 2])) {
		place(e, position, e->heap[(position - 1) / 2]);
		position = (position - 1) / 2;
	}
	place(e, position, i);
}

static void drop_root(struct events *e)
{
	reader_stream_release(&e->stream[e->heap[0]].s);
	e->n_heap--;
	if (e->n_heap) {
		place(e, 0, e->heap[e->n_heap]);
		sift_down(e, 0);
	}
}

/* The earliest key of all streams but the root. */
static uint64_t second_key(const struct events *e)
{
	uint64_t key = UINT64_MAX;
	for (uint32_t child = 1; child < 3 && child < e->n_heap; child++)
		if (e->stream[e->heap[child]].key < key)
			key = e->stream[e->heap[child]].key;
	return key;
}

/* ---- waiting ---- */

static bool must_wait(const struct events *e, const struct merge_stream *m,
                      const struct event *next)
{
	if (e->n_heap < 2 || m->waited || !e->is_live || e->n_waiting == MERGE_WAITING ||
	    next->kind > EVENT_FREE || second_key(e) > next->time_ns + MERGE_SLACK_NS)
		return false;
	return e->is_live(e->context, next->address) == (next->kind == EVENT_ALLOC);
}

static void start_waiting(struct events *e, struct merge_stream *m)
{
	m->waited = true;
	m->key += MERGE_SLACK_NS;
	e->waiting[e->n_waiting++] = (uint32_t)(m - e->stream);
	sift_down(e, m->position);
}

static void stop_waiting(struct events *e, uint32_t i)
{
	for (uint32_t w = 0; w < e->n_waiting; w++)
		if (e->waiting[w] == i)
			e->waiting[w--] = e->waiting[--e->n_waiting];
}

/* An event on this address is about to come out: whoever waits for it is next in line. */
static void wake(struct events *e, uint64_t address)
{
	for (uint32_t w = 0; w < e->n_waiting; w++) {
		struct merge_stream *m = &e->stream[e->waiting[w]];
		const struct event *next = &m->s.batch[m->s.at];
		if (next->address == address && m->key > next->time_ns) {
			m->key = next->time_ns;
			sift_up(e, m->position);
		}
	}
}

/* ---- the row of events ---- */

struct events *events_new(struct trace *t, events_is_live is_live, void *context)
{
	struct events *e = mem_zalloc(1, sizeof *e);
	const struct trace_file *f = t->file;

	e->t = t;
	e->is_live = is_live;
	e->context = context;
	e->n_streams = f->n_streams;
	e->stream = mem_zalloc(f->n_streams, sizeof *e->stream);
	e->heap = mem_zalloc(f->n_streams, sizeof *e->heap);
	for (uint32_t i = 0; i < f->n_streams; i++) {
		reader_stream_init(&e->stream[i].s, t, &f->streams[i]);
		e->stream[i].key = e->stream[i].s.first_ns;
		e->heap[e->n_heap++] = i;
		sift_up(e, i);
	}

	return e;
}

void events_free(struct events *e)
{
	for (uint32_t i = 0; i < e->n_streams; i++)
		reader_stream_release(&e->stream[i].s);
	free(e->stream);
	free(e->heap);
	free(e);
}

/* The stream's next event gets its place in the order. */
static struct event *events_take(struct events *e, struct merge_stream *m)
{
	struct event *next = &m->s.batch[m->s.at++];

	if (__builtin_expect(e->n_waiting, 0)) {
		if (m->waited)
			stop_waiting(e, (uint32_t)(m - e->stream));
	}
	m->waited = false;
	m->key = next->time_ns;
	next->seq = e->n_events++;
	if (next->time_ns < e->now_ns)
		next->time_ns = e->now_ns;
	e->now_ns = next->time_ns;
	if (__builtin_expect(e->n_waiting, 0))
		wake(e, next->address);
	return next;
}

/* The stream whose next event is the next of all, NULL at the end. */
static struct merge_stream *next_stream(struct events *e)
{
	while (e->n_heap && e->n_events < e->t->until_event) {
		struct merge_stream *m = &e->stream[e->heap[0]];
		if (!reader_stream_peek(&m->s)) {
			drop_root(e);
			continue;
		}
		const struct event *next = &m->s.batch[m->s.at];
		if (!m->waited && m->key != next->time_ns) {
			m->key = next->time_ns;
			if (second_key(e) <= m->key) {
				sift_down(e, 0);
				if (&e->stream[e->heap[0]] != m)
					continue;
			}
		}
		if (__builtin_expect(e->is_live != NULL, 1) && must_wait(e, m, next)) {
			start_waiting(e, m);
			continue;
		}
		if (next->time_ns > e->t->until_ns)
			return NULL;
		e->last = (uint32_t)(m - e->stream);
		return m;
	}

	return NULL;
}

bool events_next(struct events *e, struct event *out)
{
	struct merge_stream *m = next_stream(e);
	if (m)
		*out = *events_take(e, m);
	return m != NULL;
}

/* Takes all that lie before a time and need not wait; how many. */
static uint32_t events_take_before(struct events *e, struct merge_stream *m, uint64_t limit_ns)
{
	uint64_t now_ns = e->now_ns, n_events = e->n_events;
	struct event *batch = m->s.batch;
	uint32_t at = m->s.at, first = at, end = m->s.n;

	if (e->t->until_event - n_events < end - at)
		end = at + (uint32_t)(e->t->until_event - n_events);
	for (; at < end && batch[at].time_ns < limit_ns; at++) {
		m->key = batch[at].time_ns;
		now_ns = m->key > now_ns ? m->key : now_ns;
		batch[at].time_ns = now_ns;
		batch[at].seq = n_events++;
	}
	e->now_ns = now_ns;
	e->n_events = n_events;
	m->s.at = at;
	return at - first;
}

bool events_run(struct events *e, struct event_run *run)
{
	struct merge_stream *m = next_stream(e);

	if (!m)
		return false;
	run->is_fresh = m->s.at == 0;
	run->n_ahead = m->s.n - m->s.at;
	run->event = events_take(e, m);
	run->n = 1;
	if (e->n_waiting)
		return true;

	/* What lies more than the slack before all other streams neither waits nor is overtaken. */
	uint64_t limit = second_key(e);
	if (e->t->until_ns < UINT64_MAX - MERGE_SLACK_NS - 1 &&
	    limit > e->t->until_ns + MERGE_SLACK_NS + 1)
		limit = e->t->until_ns + MERGE_SLACK_NS + 1;
	run->n += events_take_before(e, m, limit > MERGE_SLACK_NS ? limit - MERGE_SLACK_NS : 0);
	return true;
}

void events_want_origins(struct events *e)
{
	for (uint32_t i = 0; i < e->n_streams; i++)
		e->stream[i].s.has_origins = true;
}

struct event_origin events_origin(const struct events *e)
{
	const struct stream *s = &e->stream[e->last].s;
	BUG_ON(!s->at || !s->origin);
	return s->origin[s->at - 1];
}

void events_progress(const struct events *e, uint64_t *done_bytes, uint64_t *all_bytes)
{
	uint64_t done = 0;
	for (uint32_t i = 0; i < e->n_streams; i++) {
		const struct stream *s = &e->stream[i].s;
		done += s->next_chunk < s->ref->n ? s->next_chunk : s->ref->n;
	}
	*done_bytes = done * PTF_CHUNK_BYTES;
	*all_bytes = e->t->file->n_event_chunks * PTF_CHUNK_BYTES;
}
