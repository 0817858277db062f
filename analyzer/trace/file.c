/*
 * Opening a trace: chunk 0, the index of the chunks, the clock; and reading one chunk.
 *
 * The index trusts headers only as far as they can be checked: number, kind, state, size.  A closed
 * chunk proves itself by its checksum when it is read.
 */
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "util/error.h"

#define HEADER_BYTES sizeof(struct ptf_chunk)

void file_damage(struct trace *t, struct chunk_ref *ref, uint64_t offset, uint64_t unread_bytes,
                 const char *what)
{
	struct trace_health *h = &t->health;
	if (ref && ref->reported)
		return;
	if (ref)
		ref->reported = true;
	if (!h->damaged_chunks || offset < h->first_damage_offset) {
		h->first_damage_offset = offset;
		h->first_damage = what;
	}
	h->damaged_chunks++;
	h->unread_bytes += unread_bytes;
}

/* Up to n bytes at an offset; how many there were, -1 after error(). */
static ssize_t read_at(const struct trace *t, void *to, size_t n, uint64_t offset)
{
	size_t done = 0;
	while (done < n) {
		ssize_t got = pread(t->file->fd, (char *)to + done, n - done,
		                    (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno("cannot read '%s' at offset %llu", t->path,
			                   (unsigned long long)(offset + done));
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

#define HEADER_COUNT_MOST ((uint64_t)1 << 48) /* events and bytes: months of recording */
#define HEADER_NS_MOST ((uint64_t)1 << 62)    /* the year 2116 */
#define HEADER_CHUNKS_MOST (1u << 25)         /* a terabyte */

static void check_number(struct trace *t, uint64_t *number, uint64_t most, size_t offset)
{
	if (*number <= most)
		return;
	file_damage(t, NULL, HEADER_BYTES + offset, 0, "damaged header: an impossible number");
	*number = 0;
}

/* Numbers that no recorder wrote are taken for unknown: they would be repeated as sizes and dates. */
static void check_numbers(struct trace *t, struct ptf_file *h)
{
	static const size_t counts[] = {offsetof(struct ptf_file, truncated_stacks),
	                                offsetof(struct ptf_file, failed_allocs),
	                                offsetof(struct ptf_file, bootstrap_bytes)};
	static const size_t times[] = {
		offsetof(struct ptf_file, start_mono_ns), offsetof(struct ptf_file, start_real_ns),
		offsetof(struct ptf_file, end_mono_ns), offsetof(struct ptf_file, parent_start_ns)};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		check_number(t, (uint64_t *)((char *)h + counts[i]), HEADER_COUNT_MOST, counts[i]);
	for (size_t i = 0; i < PTF_LOST_KINDS; i++)
		check_number(t, &h->lost[i], HEADER_COUNT_MOST,
		             offsetof(struct ptf_file, lost) + i * sizeof h->lost[0]);
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		check_number(t, (uint64_t *)((char *)h + times[i]), HEADER_NS_MOST, times[i]);
	uint64_t n_chunks = h->n_chunks;
	check_number(t, &n_chunks, HEADER_CHUNKS_MOST, offsetof(struct ptf_file, n_chunks));
	h->n_chunks = (uint32_t)n_chunks;
}

static int check_header(struct trace *t, struct ptf_file *h)
{
	const char *path = t->path;
	if (h->magic != PTF_MAGIC)
		return error("'%s' is not a trace: no magic number at offset %zu", path,
		             HEADER_BYTES);
	if (h->version_major != PTF_VERSION_MAJOR)
		return error("cannot read '%s': offset %zu: format version %u.%u, this is for %u.x",
		             path, HEADER_BYTES + offsetof(struct ptf_file, version_major),
		             h->version_major, h->version_minor, PTF_VERSION_MAJOR);
	if (h->chunk_bytes != PTF_CHUNK_BYTES)
		return error("cannot read '%s': offset %zu: chunks of %u bytes, expected %u", path,
		             HEADER_BYTES + offsetof(struct ptf_file, chunk_bytes), h->chunk_bytes,
		             PTF_CHUNK_BYTES);
	if (h->time_shift > 32) {
		file_damage(t, NULL, HEADER_BYTES + offsetof(struct ptf_file, time_shift), 0,
		            "impossible unit of time");
		h->time_shift = 0;
	}
	check_numbers(t, h);
	return 0;
}

static int read_header(struct trace *t)
{
	struct {
		struct ptf_chunk chunk;
		struct ptf_file file;
	} first;
	memset(&first, 0, sizeof first);
	ssize_t got = read_at(t, &first, sizeof first, 0);
	if (got < 0)
		return -1;
	if (got == 0)
		return error("'%s' is empty", t->path);
	if ((size_t)got < HEADER_BYTES + sizeof first.file.magic)
		return error("'%s' is not a trace: it ends at offset %zd", t->path, got);
	if (check_header(t, &first.file) < 0)
		return -1;
	if ((size_t)got < sizeof first)
		return error("cannot read '%s': it ends at offset %zd, inside its first chunk",
		             t->path, got);
	if (first.chunk.magic != PTF_CHUNK_MAGIC || first.chunk.kind != PTF_CHUNK_FILE)
		file_damage(t, NULL, 0, 0, "header of the first chunk");
	t->file->header = first.file;
	return 0;
}

static struct stream_ref *stream_of(struct trace_file *f, uint32_t stream)
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
	f->streams[lo] = (struct stream_ref){.stream = stream};
	return &f->streams[lo];
}

/* What is wrong with a chunk's header, NULL nothing. */
static const char *header_fault(const struct ptf_chunk *c, uint32_t number)
{
	if (c->magic != PTF_CHUNK_MAGIC)
		return "no chunk begins here";
	if (c->index != number)
		return "chunk with the number of another";
	if (c->kind != PTF_CHUNK_DEFS && c->kind != PTF_CHUNK_EVENTS)
		return "chunk of unknown kind";
	if (c->state != PTF_OPEN && c->state != PTF_CLOSED)
		return "chunk in unknown state";
	if (c->state == PTF_CLOSED && c->used > PTF_PAYLOAD_BYTES)
		return "chunk larger than possible";
	return NULL;
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
	uint64_t meant = c->state == PTF_CLOSED ? HEADER_BYTES + c->used : there;
	if (there < PTF_CHUNK_BYTES)
		file_damage(t, ref, t->file->bytes, meant > there ? meant - there : 0,
		            "file cut inside a chunk");
}

static void index_chunk(struct trace *t, uint32_t number, const struct ptf_chunk *c, uint64_t there)
{
	struct trace_file *f = t->file;
	uint64_t offset = (uint64_t)number * PTF_CHUNK_BYTES;
	if (all_zero(c, sizeof *c) || c->state == PTF_UNUSED)
		return note_cut(t, NULL, c, there); /* reserved, never used */
	const char *fault = header_fault(c, number);
	if (fault) {
		file_damage(t, NULL, offset, there, fault);
		return;
	}
	struct chunk_ref *ref;
	if (c->kind == PTF_CHUNK_DEFS) {
		ref = MEM_PUSH(f->defs, f->n_defs, f->defs_room);
	} else {
		struct stream_ref *s = stream_of(f, c->stream);
		ref = MEM_PUSH(s->chunk, s->n, s->room);
		f->n_event_chunks++;
	}
	*ref = (struct chunk_ref){.ticks = c->ticks, .number = number, .state = c->state};
	t->health.open_chunks += c->state == PTF_OPEN;
	note_cut(t, ref, c, there);
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

static int index_chunks(struct trace *t)
{
	struct trace_file *f = t->file;
	uint64_t span = 0, n = (f->bytes + PTF_CHUNK_BYTES - 1) / PTF_CHUNK_BYTES;
	f->ns_per_tick = 1;
	if (n > UINT32_MAX)
		return error("cannot read '%s': %llu bytes are more than a trace can have", t->path,
		             (unsigned long long)f->bytes);
	for (uint32_t number = 1, next; number < n; number = next) {
		struct ptf_chunk c;
		uint64_t offset = (uint64_t)number * PTF_CHUNK_BYTES;
		uint64_t there = f->bytes - offset < PTF_CHUNK_BYTES ? f->bytes - offset
		                                                     : PTF_CHUNK_BYTES;
		ssize_t got = read_at(t, &c, sizeof c, offset);
		if (got < 0)
			return -1;
		if ((size_t)got < sizeof c) {
			file_damage(t, NULL, offset, (uint64_t)got, "chunk cut inside its header");
			break;
		}
		index_chunk(t, number, &c, there);
		next = all_zero(&c, sizeof c) ? index_skip(f, number, (uint32_t)n) : number + 1;
		if (f->header.clock != PTF_CLOCK_MONOTONIC && !header_fault(&c, number))
			clock_learn(f, &span, c.ticks, c.mono_ns);
	}
	if (f->header.clock != PTF_CLOCK_MONOTONIC)
		clock_learn(f, &span, f->header.end_ticks, f->header.end_mono_ns);
	if (f->header.n_chunks > n)
		file_damage(t, NULL, f->bytes, (f->header.n_chunks - n) * PTF_CHUNK_BYTES,
		            "end of the file, where more chunks should follow");
	return 0;
}

int file_open(struct trace *t)
{
	struct stat st;
	struct trace_file *f = mem_zalloc(1, sizeof *f);
	t->file = f;
	f->fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return error_errno("cannot open '%s'", t->path);
	if (S_ISDIR(st.st_mode))
		return error("cannot read '%s': it is a directory", t->path);
	if (!S_ISREG(st.st_mode))
		return error("cannot read '%s': it is not a regular file", t->path);
	f->bytes = t->file_bytes = (uint64_t)st.st_size;
	if (read_header(t) < 0)
		return -1;
	return index_chunks(t);
}

void file_close(struct trace_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	for (uint32_t i = 0; i < f->n_streams; i++)
		free(f->streams[i].chunk);
	free(f->streams);
	free(f->defs);
	arena_release(&f->arena);
	free(f);
}

uint64_t chunk_checksum(const struct ptf_chunk *header, const uint8_t *payload)
{
	struct ptf_chunk h = *header;
	h.checksum = 0;
	h.state = PTF_CLOSED;
	return XXH64(payload, h.used, XXH64(&h, sizeof h, 0));
}

bool file_read_chunk(struct trace *t, struct chunk_ref *ref, uint8_t *buffer,
                     struct ptf_chunk *header, struct ptc_cursor *payload)
{
	uint64_t offset = (uint64_t)ref->number * PTF_CHUNK_BYTES;
	ssize_t got = read_at(t, buffer, PTF_CHUNK_BYTES, offset);
	if (got < (ssize_t)HEADER_BYTES) {
		file_damage(t, ref, offset, 0, "chunk that cannot be read");
		return false;
	}
	memcpy(header, buffer, HEADER_BYTES);
	uint64_t there = (uint64_t)got - HEADER_BYTES;
	payload->p = buffer + HEADER_BYTES;
	payload->end = payload->p + there;
	const char *fault = header_fault(header, ref->number);
	if (fault) {
		file_damage(t, ref, offset, (uint64_t)got, fault);
		return false;
	}
	if (header->state != PTF_CLOSED) {
		/* The file may end here, but an open chunk ends where its records do. */
		return true;
	}
	if (header->used > there)
		return true; /* the file was cut, see note_cut(): what is left is read up to there */
	if (chunk_checksum(header, buffer + HEADER_BYTES) != header->checksum) {
		file_damage(t, ref, offset, header->used, "chunk with a wrong checksum");
		return false;
	}
	payload->end = payload->p + header->used;
	return true;
}
