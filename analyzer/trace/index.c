/*
 * Which chunks a trace has, and in which order.
 *
 * Headers are trusted only as far as they can be checked: number, kind, state, size.  A closed chunk proves
 * itself by its checksum when it is read.  Of a process that still runs chunks may be put away while we
 * look: what is being written is kept as it is at one moment, and what was put away since is looked
 * for once more, so that each stream is whole up to some moment.
 */
#include "trace/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"

static struct reader_stream_ref *reader_stream_of(struct trace_file *f, uint32_t stream)
{
	uint32_t lo = 0, hi = f->n_streams;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (f->streams[mid].stream < stream)
			lo = mid + 1;
		else
			hi = mid;
	}

	if (lo < f->n_streams && f->streams[lo].stream == stream)
		return &f->streams[lo];
	(void)MEM_PUSH(f->streams, f->n_streams, f->streams_room);
	memmove(&f->streams[lo + 1], &f->streams[lo], (f->n_streams - 1 - lo) * sizeof *f->streams);
	f->streams[lo] = (struct reader_stream_ref){.stream = stream};
	return &f->streams[lo];
}

static bool all_zero(const void *p, size_t n)
{
	const char *bytes = p;
	return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* A file that ends inside a chunk was cut, even where nothing but zeros is missing. */
static void note_cut(struct trace *t, struct chunk_ref *ref, const struct ptf_chunk *c,
                     uint64_t there)
{
	uint64_t meant = c->state == PTF_CLOSED ? sizeof *c + c->used : there;
	if (there < PTF_CHUNK_BYTES)
		reader_file_damage(t, ref, t->file->bytes, meant > there ? meant - there : 0,
		                   "file cut inside a chunk");
}

/* bytes: the chunk as it is now, NULL: it is read when it is needed. */
static void index_chunk(struct trace *t, uint32_t number, const struct ptf_chunk *c,
                        const uint8_t *bytes, uint64_t there)
{
	struct trace_file *f = t->file;
	uint64_t offset = (uint64_t)number * PTF_CHUNK_BYTES;

	if (all_zero(c, sizeof *c) || c->state == PTF_UNUSED)
		return note_cut(t, NULL, c, there); /* reserved, never used */
	const char *fault = chunk_fault(c, number);
	if (fault) {
		reader_file_damage(t, NULL, offset, there, fault);
		return;
	}

	struct reader_stream_ref *s = c->kind == PTF_CHUNK_DEFS ? &f->defs
	                                                        : reader_stream_of(f, c->stream);
	struct chunk_ref *ref = MEM_PUSH(s->chunk, s->n, s->room);
	*ref = (struct chunk_ref){.ticks = c->ticks,
	                          .bytes = bytes,
	                          .number = number,
	                          .serial = c->serial,
	                          .state = c->state};
	note_cut(t, ref, c, there);
}

/* ---- the order of the chunks ---- */

static int by_serial(const void *a, const void *b)
{
	const struct chunk_ref *x = a, *y = b;
	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static bool is_whole(const struct trace *t, const struct chunk_ref *ref)
{
	static uint8_t buffer[PTF_CHUNK_BYTES];
	struct ptf_chunk header;
	struct ptc_cursor payload;
	return ref->state == PTF_CLOSED && !chunk_read(t, ref, buffer, &header, &payload);
}

/* Where the stream's chunks are written, NULL: it was between two of them. */
static const struct chunk_ref *place_of(const struct reader_stream_ref *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->chunk[i].bytes)
			return &s->chunk[i];
	return NULL;
}

/* A running process is copying the last chunk at this moment: it is in its place still. */
static bool is_being_copied(const struct trace *t, const struct reader_stream_ref *s)
{
	const struct chunk_ref *last = s->n ? &s->chunk[s->n - 1] : NULL, *place = place_of(s);
	struct ptf_chunk now;
	return last && place && last != place && !is_whole(t, last) &&
	       reader_file_read_at(t, &now, sizeof now, chunk_offset(place)) == sizeof now &&
	       now.serial == last->serial && !is_whole(t, last);
}

/* Of a chunk and its copy the one that is whole is used: the process was killed while it made the copy, or
 * a running one has gone on since the first was read. */
static void order_chunks(struct trace *t, struct reader_stream_ref *s)
{
	uint32_t n = 0;

	if (s->n)
		qsort(s->chunk, s->n, sizeof *s->chunk, by_serial);
	if (is_being_copied(t, s))
		s->n--;
	for (uint32_t i = 0; i < s->n; i++) {
		bool is_copy = n && s->chunk[n - 1].serial == s->chunk[i].serial;
		if (is_copy)
			s->chunk[n - 1] = s->chunk[is_whole(t, &s->chunk[i]) ? i : n - 1];
		else
			s->chunk[n++] = s->chunk[i];
	}

	s->n = n;
	for (uint32_t i = 0; i < n; i++)
		t->health.open_chunks += s->chunk[i].state == PTF_OPEN;
}

/* Where nothing else is wrong: a chunk that was overwritten with zeros, or that a running process has put
 * away since we began. */
static void note_gaps(struct trace *t, const struct reader_stream_ref *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->chunk[i].serial != i && s->chunk[i].serial != CHUNK_APPENDED)
			reader_file_damage(t, NULL, chunk_offset(&s->chunk[i]), 0,
			                   "chunk whose predecessor is missing");
}

static void order_streams(struct trace *t)
{
	struct trace_file *f = t->file;
	order_chunks(t, &f->defs);
	for (uint32_t i = 0; i < f->n_streams; i++) {
		order_chunks(t, &f->streams[i]);
		f->n_event_chunks += f->streams[i].n;
	}
	if (t->health.damaged_chunks)
		return;
	note_gaps(t, &f->defs);
	for (uint32_t i = 0; i < f->n_streams; i++)
		note_gaps(t, &f->streams[i]);
}

/* The widest pair of readings gives the rate.  Bad numbers (an open chunk is not checksummed) give
 * impossible rates and are passed over. */
static void clock_learn(struct trace_file *f, uint64_t *span, uint64_t ticks, uint64_t mono_ns)
{
	const struct ptf_file *h = &f->header;
	if (ticks <= h->start_ticks || mono_ns <= h->start_mono_ns ||
	    ticks - h->start_ticks <= *span)
		return;
	double rate = (double)(mono_ns - h->start_mono_ns) / (double)(ticks - h->start_ticks);
	if (rate < 0.01 || rate > 100)
		return;
	*span = ticks - h->start_ticks;
	f->ns_per_tick = rate;
}

/* After a chunk of zeros: the next one to look at.  Holes, which may be larger than the trace by far,
 * are passed over, up to the last chunk. */
static uint32_t index_skip(const struct trace_file *f, uint32_t number, uint32_t n)
{
	off_t next = lseek(f->fd, (off_t)(number + 1) * PTF_CHUNK_BYTES, SEEK_DATA);
	if (next < 0)
		return errno == ENXIO && number + 1 < n ? n - 1 : number + 1;
	return (uint32_t)((uint64_t)next / PTF_CHUNK_BYTES);
}

/* A chunk that is being written will be another in a moment: what it is now is kept. */
static bool is_unfinished(const struct trace_file *f, const struct ptf_chunk *c)
{
	return f->header.end == PTF_END_UNKNOWN && c->state == PTF_OPEN;
}

/* Reads it in one moment: its header is as it was when all had been read, or another chunk may have begun in
 * its place since.  Returns how many bytes there were, -1 after error(). */
static ssize_t read_unfinished(const struct trace *t, uint8_t *bytes, uint64_t offset)
{
	enum { TRIES = 1000 };
	struct ptf_chunk after;
	ssize_t got;
	for (unsigned i = 0; i < TRIES; i++) {
		got = reader_file_read_at(t, bytes, PTF_CHUNK_BYTES, offset);
		if (got < (ssize_t)sizeof after ||
		    reader_file_read_at(t, &after, sizeof after, offset) < 0 ||
		    memcmp(bytes, &after, sizeof after) == 0)
			return got;
	}

	((struct ptf_chunk *)bytes)->state =
		PTF_UNUSED; /* its former contents are at the end of the file by now */
	return got;
}

/* Chunks that were reserved and not used yet when they were looked at. */
struct unused {
	uint32_t from, to;
};

struct indexer {
	struct trace *t;
	uint64_t clock_span; /* see clock_learn() */
	struct unused *unused;
	uint32_t n_unused, unused_room;
};

/* Indexes chunk `number` of n.  -1 after error(), 0: the file ends in it, else the next one to look at. */
static int64_t index_next(struct indexer *x, uint32_t number, uint32_t n)
{
	struct trace_file *f = x->t->file;
	struct ptf_chunk c;
	uint64_t offset = (uint64_t)number * PTF_CHUNK_BYTES;
	uint64_t left = f->bytes - offset;
	uint8_t *bytes = NULL;
	ssize_t got = reader_file_read_at(x->t, &c, sizeof c, offset);

	if (got == (ssize_t)sizeof c && is_unfinished(f, &c)) {
		bytes = arena_alloc(&f->arena, PTF_CHUNK_BYTES);
		got = read_unfinished(x->t, bytes, offset);
		memcpy(&c, bytes, sizeof c);
	}

	if (got < 0)
		return -1;
	if ((size_t)got < sizeof c) {
		reader_file_damage(x->t, NULL, offset, (uint64_t)got,
		                   "chunk cut inside its header");
		return 0;
	}

	index_chunk(x->t, number, &c, bytes, left < PTF_CHUNK_BYTES ? left : PTF_CHUNK_BYTES);
	if (f->header.clock != PTF_CLOCK_MONOTONIC && !chunk_fault(&c, number))
		clock_learn(f, &x->clock_span, c.ticks, c.mono_ns);
	if (!all_zero(&c, sizeof c))
		return (int64_t)number + 1;
	uint32_t next = index_skip(f, number, n);
	*MEM_PUSH(x->unused, x->n_unused, x->unused_room) = (struct unused){number, next};
	return next;
}

/* The last may be there in part. */
static uint64_t chunks_there(const struct trace_file *f)
{
	return (f->bytes + PTF_CHUNK_BYTES - 1) / PTF_CHUNK_BYTES;
}

static int index_all(struct indexer *x)
{
	uint64_t n = chunks_there(x->t->file);

	if (n > UINT32_MAX)
		return error("cannot read '%s': %llu bytes are more than a trace can have",
		             x->t->path, (unsigned long long)x->t->file->bytes);

	for (int64_t number = 1; number < (int64_t)n;) {
		number = index_next(x, (uint32_t)number, (uint32_t)n);
		if (number <= 0)
			return (int)number;
	}

	*MEM_PUSH(x->unused, x->n_unused, x->unused_room) = (struct unused){(uint32_t)n,
	                                                                    UINT32_MAX};
	return 0;
}

/* Chunks that a running process has put away since: some of them was in the places that were read first.  Chunks
 * are put away in order, so there is no more behind the first that is still unused. */
static int index_again(struct indexer *x)
{
	uint32_t n_unused = x->n_unused;

	if (reader_file_size(x->t) < 0)
		return -1;
	uint64_t n = chunks_there(x->t->file);
	for (uint32_t i = 0; i < n_unused; i++)
		for (int64_t number = x->unused[i].from;
		     number < x->unused[i].to && number < (int64_t)n;) {
			number = index_next(x, (uint32_t)number, (uint32_t)n);
			if (number <= 0 || x->n_unused > n_unused)
				return number < 0 ? -1 : 0;
		}

	return 0;
}

int index_chunks(struct trace *t)
{
	struct trace_file *f = t->file;
	struct indexer x = {.t = t};

	f->ns_per_tick = 1;
	int result = index_all(&x);
	if (result == 0 && f->header.end == PTF_END_UNKNOWN)
		result = index_again(&x);
	free(x.unused);
	if (result < 0)
		return -1;
	if (f->header.clock != PTF_CLOCK_MONOTONIC)
		clock_learn(f, &x.clock_span, f->header.end_ticks, f->header.end_mono_ns);
	order_streams(t);
	uint64_t n = chunks_there(f);
	if (f->header.n_chunks > n)
		reader_file_damage(t, NULL, f->bytes, (f->header.n_chunks - n) * PTF_CHUNK_BYTES,
		                   "end of the file, where more chunks should follow");

	return 0;
}
