/*
 * Decoding one stream: chunk bytes -> events with times.
 *
 * The one idea: events are decoded into a batch, and get their time when the next stamp is known.
 * Between two stamps they are spread evenly.  A batch is handed out only up to its last timed event;
 * a run of unstamped events that fills the batch takes the time of the stamp before it.
 */
#include "reader_stream.h"

#include <stdlib.h>
#include <string.h>

#define THREADS_UNNAMED 65536u
#define ADDRESS_BITS 47u             /* no allocator gives a larger alignment */
#define SIZE_MOST ((1ull << 48) - 1) /* no block is larger than the address space */

/* What one chunk needs while it is decoded; 45 KB. */
struct chunk_open {
	struct ptc_coder coder;
	struct ptc_cursor c;
	struct chunk_ref *ref;
	uint64_t owner;
	uint32_t thread;
	uint8_t time_shift;
	bool holds;  /* PTF_E_HOLD */
	bool closed; /* nothing was to be added to it any more */
	uint8_t bytes[PTF_CHUNK_BYTES];
};

void reader_stream_init(struct stream *s, struct trace *t, struct reader_stream_ref *ref)
{
	*s = (struct stream){.t = t, .ref = ref, .number = ref->stream};
	if (ref->n)
		s->first_ns = reader_file_ns(t->file, ref->chunk[0].ticks);
}

void reader_stream_release(struct stream *s)
{
	free(s->open);
	free(s->batch);
	free(s->origin);
	s->open = NULL;
	s->batch = NULL;
	s->origin = NULL;
}

/* Threads whose names were lost are allowed for; a number beyond that is damage, and would cost memory. */
static bool thread_is_possible(const struct stream *s, uint32_t thread)
{
	return thread < s->t->n_threads + THREADS_UNNAMED;
}

/* ---- time ---- */

static uint64_t units_to_ns(const struct stream *s, uint64_t units)
{
	return reader_file_ns(s->t->file, units << s->open->time_shift);
}

/* Spreads the events that have no time yet between the last one that has and `ns`. */
static void reader_stream_stamp(struct stream *s, uint64_t ns)
{
	uint32_t n = s->n - s->n_timed;
	uint64_t span = ns > s->last_ns ? ns - s->last_ns : 0;
	for (uint32_t i = 0; i < n; i++)
		s->batch[s->n_timed + i].time_ns = s->last_ns + span * (i + 1) / (n + 1);
	s->n_timed = s->n;
	s->last_ns += span;
}

/* Gives the events that have no time yet the time of the stamp before. */
static void reader_stream_hold(struct stream *s)
{
	reader_stream_stamp(s, s->last_ns);
}

/* The last event put in the batch is stamped; it ends the run. */
static void reader_stream_stamp_last(struct stream *s, uint64_t ns)
{
	s->n--;
	if (s->open->holds)
		reader_stream_hold(s);
	reader_stream_stamp(s, ns);
	s->batch[s->n++].time_ns = s->last_ns;
	s->n_timed = s->n;
}

/* ---- chunks ---- */

static uint64_t open_offset(const struct chunk_open *o, const uint8_t *p)
{
	return chunk_offset(o->ref) + (uint64_t)(p - o->bytes);
}

static void reader_stream_damage(struct stream *s, const uint8_t *at, const char *what)
{
	struct chunk_open *o = s->open;
	reader_file_damage(s->t, o->ref, open_offset(o, at), (uint64_t)(o->c.end - at), what);
	o->c.p = o->c.end;
}

/* Opens the next chunk that can be read; false at the end of the stream. */
static bool reader_stream_open_chunk(struct stream *s)
{
	struct ptf_chunk h;

	if (!s->open)
		s->open = mem_alloc(sizeof *s->open);
	struct chunk_open *o = s->open;
	while (s->next_chunk < s->ref->n) {
		o->ref = &s->ref->chunk[s->next_chunk++];
		if (!reader_file_read_chunk(s->t, o->ref, o->bytes, &h, &o->c))
			continue;
		if (!thread_is_possible(s, h.first_frame)) {
			reader_stream_damage(s, o->c.p, "impossible thread number");
			continue;
		}
		o->time_shift = (uint8_t)s->t->file->header.time_shift;
		o->owner = 0;
		o->holds = false;
		o->closed = h.state == PTF_CLOSED;
		o->thread = h.first_frame;
		ptc_coder_start(&o->coder, h.ticks >> o->time_shift);
		/* What was left without a stamp happened before the chunk was opened, which takes a
		 * while, in which other threads may have had their turns. */
		reader_stream_hold(s);
		reader_stream_stamp(s, reader_file_ns(s->t->file, h.ticks));
		return true;
	}

	return false;
}

/* ---- records ---- */

static void reader_stream_note_origin(struct stream *s, const uint8_t *tag_at)
{
	const struct chunk_open *o = s->open;
	s->origin[s->n] = (struct event_origin){
		.chunk_offset = chunk_offset(o->ref),
		.chunk_byte = (uint32_t)(tag_at - o->bytes - sizeof(struct ptf_chunk)),
		.n_bytes = (uint32_t)(o->c.p - tag_at),
	};
}

static inline struct event *reader_stream_push(struct stream *s, enum event_kind kind,
                                               const uint8_t *tag_at)
{
	struct chunk_open *o = s->open;
	struct event *e = &s->batch[s->n];
	if (__builtin_expect(s->origin != NULL, 0))
		reader_stream_note_origin(s, tag_at);
	s->n++;
	*e = (struct event){.kind = kind, .thread = o->thread, .stream = s->number};
	return e;
}

static bool read_region(struct stream *s, struct ptc_cursor *body, const uint8_t *tag_at)
{
	uint64_t address, bytes, old_address, old_bytes, units;
	uint32_t stack;

	if (body->p >= body->end)
		return false;
	uint8_t region = *body->p++;
	if (!ptc_get_varint(body, &address) || !ptc_get_varint(body, &bytes) ||
	    !ptc_get_varint32(body, &stack) || !ptc_get_varint(body, &old_address) ||
	    !ptc_get_varint(body, &old_bytes) || !ptc_get_varint(body, &units))
		return false;

	struct event *e = reader_stream_push(s, EVENT_REGION, tag_at);
	e->region = region;
	e->address = address;
	e->size_bytes = bytes;
	e->stack = stack;
	e->old_address = old_address;
	e->old_bytes = old_bytes;
	e->stamped = 1;
	reader_stream_stamp_last(s, units_to_ns(s, units));
	return true;
}

static bool read_gc(struct stream *s, struct ptc_cursor *body, const uint8_t *tag_at)
{
	uint64_t generation, collected, uncollectable, units;

	if (body->p >= body->end)
		return false;
	uint8_t phase = *body->p++;
	if (!ptc_get_varint(body, &generation) || !ptc_get_varint(body, &collected) ||
	    !ptc_get_varint(body, &uncollectable) || !ptc_get_varint(body, &units))
		return false;

	struct event *e = reader_stream_push(s, EVENT_GC, tag_at);
	e->gc_stop = phase == 2;
	e->generation = generation < 255 ? (uint8_t)generation : 255;
	e->collected = collected;
	e->uncollectable = uncollectable;
	e->stamped = 1;
	reader_stream_stamp_last(s, units_to_ns(s, units));
	return true;
}

/* The name stays in the file: events are plain values, and a stream may be read by any thread. */
static bool read_mark(struct stream *s, struct ptc_cursor *body, const uint8_t *tag_at)
{
	uint64_t region, units;
	if (body->p >= body->end)
		return false;
	uint8_t kind = *body->p++;
	if (!ptc_get_varint(body, &region) || !ptc_get_varint(body, &units))
		return false;

	struct event *e = reader_stream_push(s, EVENT_MARK, tag_at);
	e->region = kind;
	e->old_address = region;
	e->address = chunk_offset(s->open->ref) + (uint64_t)(body->p - s->open->bytes);
	e->size_bytes = (uint64_t)(body->end - body->p);
	e->stamped = 1;
	reader_stream_stamp_last(s, units_to_ns(s, units));
	return true;
}

static bool read_argument(struct stream *s, struct ptc_cursor *body, const uint8_t *tag_at)
{
	uint64_t address;

	if (!ptc_get_varint(body, &address))
		return false;
	reader_stream_push(s, EVENT_ARGUMENT, tag_at)->address = address;
	return true;
}

static bool read_constructed(struct stream *s, struct ptc_cursor *body, const uint8_t *tag_at)
{
	uint64_t address, begin, end, cpu_ns, n_waits, hash;
	uint32_t class_id;

	if (!ptc_get_varint(body, &address) || !ptc_get_varint32(body, &class_id) ||
	    !ptc_get_varint(body, &begin) || !ptc_get_varint(body, &end) ||
	    !ptc_get_varint(body, &cpu_ns) || !ptc_get_varint(body, &n_waits) ||
	    !ptc_get_varint(body, &hash) || begin > end)
		return false;
	struct event *e = reader_stream_push(s, EVENT_CONSTRUCTED, tag_at);
	e->address = address;
	e->class_id = class_id;
	e->size_bytes = units_to_ns(s, end) - units_to_ns(s, begin);
	e->owner = cpu_ns;
	e->old_bytes = hash;
	e->stack = n_waits < UINT32_MAX ? (uint32_t)n_waits : UINT32_MAX;
	e->stamped = 1;
	reader_stream_stamp_last(s, units_to_ns(s, end));
	return true;
}

static bool read_class_of_block(struct stream *s, struct ptc_cursor *body, const uint8_t *tag_at)
{
	uint64_t address;
	uint32_t class_id;
	if (!ptc_get_varint(body, &address) || !ptc_get_varint32(body, &class_id))
		return false;
	struct event *e = reader_stream_push(s, EVENT_CLASS, tag_at);
	e->address = address;
	e->class_id = class_id;
	return true;
}

static bool read_granule(struct stream *s, struct ptc_cursor *body)
{
	if (body->p >= body->end || *body->p > 12)
		return false;
	ptc_coder_set_shift(&s->open->coder, *body->p);
	return true;
}

static bool read_hold(struct stream *s, struct ptc_cursor *body)
{
	if (body->p >= body->end || *body->p > 1)
		return false;
	reader_stream_hold(s);
	s->open->holds = *body->p;
	return true;
}

static bool read_odd(struct stream *s, struct ptc_cursor *body)
{
	struct ptc_coder *k = &s->open->coder;
	if (body->p >= body->end || *body->p >> k->shift)
		return false;
	k->odd = *body->p;
	return true;
}

/* One general record; what it says about the events after it is kept in the open chunk. */
static bool reader_stream_read_general(struct stream *s, uint8_t tag, struct ptc_cursor *body,
                                       const uint8_t *tag_at)
{
	struct chunk_open *o = s->open;
	uint64_t units;

	switch (tag) {
	case PTF_E_THREAD:
		return ptc_get_varint32(body, &o->thread) && thread_is_possible(s, o->thread);
	case PTF_E_OWNER:
		return ptc_get_varint(body, &o->owner);
	case PTF_E_REGION:
		return read_region(s, body, tag_at);
	case PTF_E_UNDO:
		reader_stream_push(s, EVENT_UNDO, tag_at);
		return true;
	case PTF_E_GC:
		return read_gc(s, body, tag_at);
	case PTF_E_ARGUMENT:
		return read_argument(s, body, tag_at);
	case PTF_E_CONSTRUCTED:
		return read_constructed(s, body, tag_at);
	case PTF_E_MARK:
		return read_mark(s, body, tag_at);
	case PTF_E_GRANULE:
		return read_granule(s, body);
	case PTF_E_ODD:
		return read_odd(s, body);
	case PTF_E_HOLD:
		return read_hold(s, body);
	case PTF_E_CLASS:
		return read_class_of_block(s, body, tag_at);
	case PTF_E_TIME:
		if (!ptc_get_varint(body, &units))
			return false;
		reader_stream_stamp(s, units_to_ns(s, units));
		return true;
	case PTF_E_SOLE_RECORDER:
		/* The events before it must not be spread over a time in which another thread may have
		 * freed what they allocated. */
		if (!ptc_get_varint(body, &units))
			return false;
		reader_stream_hold(s);
		o->coder.last_time = units; /* the writer counts on from here */
		return true;
	default:
		return true; /* of a later minor version */
	}
}

/* Of an object: what its record says is what was expected. */
static uint32_t read_its_class(struct stream *s, uint32_t expected)
{
	struct chunk_open *o = s->open;
	struct ptc_cursor c = o->c, body;
	uint32_t class_id;
	uint8_t tag;
	if (c.p >= c.end || *c.p == PTF_E_END)
		return o->closed ? expected : 0;
	if (*c.p != PTF_E_ITS_CLASS || !ptc_get_record(&c, &tag, &body) ||
	    !ptc_get_varint32(&body, &class_id))
		return expected;
	o->c = c;
	return class_id;
}

static void reader_stream_read_event(struct stream *s)
{
	struct chunk_open *o = s->open;
	const uint8_t *tag_at = o->c.p;
	struct ptc_event d;

	if (!ptc_get_event(&o->coder, &o->c, &d) || d.op == PTF_OP_NONE) {
		reader_stream_damage(s, tag_at, "impossible event");
		return;
	}

	bool is_free = PTF_OP_IS_FREE(d.op);
	if (!is_free && d.domain == PTF_DOMAIN_PY_OBJ)
		d.class_id = read_its_class(s, d.class_id);
	struct event *e = reader_stream_push(s, is_free ? EVENT_FREE : EVENT_ALLOC, tag_at);
	e->address = d.address;
	e->size_bytes = d.size_bytes < SIZE_MOST ? d.size_bytes : SIZE_MOST;
	e->owner = is_free ? 0 : o->owner;
	e->stack = d.stack;
	e->class_id = d.class_id;
	e->op = d.op;
	e->domain = d.domain;
	e->align_log2 = d.align_log2 < ADDRESS_BITS ? d.align_log2 : 0;
	e->stamped = d.stamped;
	if (d.stamped)
		reader_stream_stamp_last(s, units_to_ns(s, d.time));
}

/* Reads one record.  False: the chunk is at its end. */
static bool reader_stream_read(struct stream *s)
{
	struct chunk_open *o = s->open;
	struct ptc_cursor body;
	const uint8_t *tag_at = o->c.p;
	uint8_t tag;

	if (o->c.p >= o->c.end || *o->c.p == PTF_E_END)
		return false;
	if (*o->c.p >= 0x10) {
		reader_stream_read_event(s);
	} else if (!ptc_get_record(&o->c, &tag, &body)) {
		reader_stream_damage(s, tag_at, "record longer than its chunk");
	} else if (!reader_stream_read_general(s, tag, &body, tag_at)) {
		reader_stream_damage(s, tag_at, "impossible record");
	}

	return true;
}

static void reader_stream_end(struct stream *s)
{
	reader_stream_hold(s);
	free(s->open);
	s->open = NULL;
	s->next_chunk = UINT32_MAX;
}

bool reader_stream_fill(struct stream *s)
{
	if (!s->batch) {
		s->batch = mem_alloc(READER_STREAM_BATCH * sizeof *s->batch);
		if (s->has_origins)
			s->origin = mem_alloc(READER_STREAM_BATCH * sizeof *s->origin);
		s->last_ns = s->first_ns;
	}

	s->n = s->at = s->n_timed = 0;
	if (!s->open && (s->next_chunk == UINT32_MAX || !reader_stream_open_chunk(s)))
		return false;
	for (;;) {
		if (s->n_timed == s->n && s->n >= READER_STREAM_BATCH / 2)
			break;
		if (s->n == READER_STREAM_BATCH) {
			reader_stream_hold(s);
			break;
		}
		if (!reader_stream_read(s) && !reader_stream_open_chunk(s)) {
			reader_stream_end(s);
			break;
		}
	}

	return s->n > 0;
}
