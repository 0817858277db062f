/*
 * Opening a trace: the file, chunk 0; and reading one chunk.
 */
#include "reader_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index.h"
#include "util/error.h"

#define HEADER_BYTES sizeof(struct ptf_chunk)

void reader_file_damage(struct trace *t, struct chunk_ref *ref, uint64_t offset,
                        uint64_t unread_bytes, const char *what)
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

ssize_t reader_file_read_at(const struct trace *t, void *to, size_t n, uint64_t offset)
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
#define HEADER_PROCESSES_MOST (1u << 30)
#define HEADER_CHUNKS_MOST (1u << 25) /* a terabyte */

static void check_number(struct trace *t, uint64_t *number, uint64_t most, size_t offset)
{
	if (*number <= most)
		return;
	reader_file_damage(t, NULL, HEADER_BYTES + offset, 0,
	                   "damaged header: an impossible number");
	*number = 0;
}

/* Replaces numbers that no recorder can have written by 0 = unknown: a report would show them as sizes and dates. */
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
	if (h->n_untraced > HEADER_PROCESSES_MOST) {
		reader_file_damage(t, NULL, HEADER_BYTES + offsetof(struct ptf_file, n_untraced), 0,
		                   "damaged header: an impossible number");
		h->n_untraced = 0;
	}
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
		reader_file_damage(t, NULL, HEADER_BYTES + offsetof(struct ptf_file, time_shift), 0,
		                   "impossible unit of time");
		h->time_shift = 0;
	}

	check_numbers(t, h);
	return 0;
}

static int reader_file_read_header(struct trace *t)
{
	struct {
		struct ptf_chunk chunk;
		struct ptf_file file;
	} first;
	memset(&first, 0, sizeof first);
	ssize_t got = reader_file_read_at(t, &first, sizeof first, 0);
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
		reader_file_damage(t, NULL, 0, 0, "header of the first chunk");
	t->file->header = first.file;
	return 0;
}

const char *chunk_fault(const struct ptf_chunk *c, uint32_t number)
{
	if (c->magic != PTF_CHUNK_MAGIC)
		return "no chunk begins here";
	if (c->index != number)
		return "chunk with a wrong number";
	if (c->kind != PTF_CHUNK_DEFS && c->kind != PTF_CHUNK_EVENTS)
		return "chunk of unknown kind";
	if (c->state != PTF_OPEN && c->state != PTF_CLOSED)
		return "chunk in unknown state";
	if (c->state == PTF_CLOSED && c->used > PTF_PAYLOAD_BYTES)
		return "chunk larger than possible";
	return NULL;
}

uint64_t chunk_checksum(const struct ptf_chunk *header, const uint8_t *payload)
{
	struct ptf_chunk h = *header;
	h.checksum = 0;
	h.state = PTF_CLOSED;
	return XXH64(payload, h.used, XXH64(&h, sizeof h, 0));
}

const char *chunk_read(const struct trace *t, const struct chunk_ref *ref, uint8_t *buffer,
                       struct ptf_chunk *header, struct ptc_cursor *payload)
{
	ssize_t got = ref->bytes
	                      ? PTF_CHUNK_BYTES
	                      : reader_file_read_at(t, buffer, PTF_CHUNK_BYTES, chunk_offset(ref));

	if (ref->bytes)
		memcpy(buffer, ref->bytes, PTF_CHUNK_BYTES);
	*payload = (struct ptc_cursor){buffer, buffer};
	if (got < (ssize_t)HEADER_BYTES)
		return "chunk that cannot be read";
	memcpy(header, buffer, HEADER_BYTES);
	payload->end = buffer + got;
	const char *fault = chunk_fault(header, ref->number);
	if (fault)
		return fault;
	payload->p = buffer + HEADER_BYTES;

	/* An open chunk ends where its records do; of a cut one (see note_cut()) the rest is read. */
	if (header->state != PTF_CLOSED || header->used > payload->end - payload->p)
		return NULL;
	payload->end = payload->p + header->used;
	return chunk_checksum(header, payload->p) == header->checksum
	               ? NULL
	               : "chunk with a wrong checksum";
}

int reader_file_size(struct trace *t)
{
	struct stat st;
	if (fstat(t->file->fd, &st) < 0)
		return error_errno("cannot read '%s'", t->path);
	t->file->bytes = t->file_bytes = (uint64_t)st.st_size;
	return 0;
}

int reader_file_open(struct trace *t)
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
	if (reader_file_size(t) < 0 || reader_file_read_header(t) < 0)
		return -1;
	return index_chunks(t);
}

void reader_file_close(struct trace_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	for (uint32_t i = 0; i < f->n_streams; i++)
		free(f->streams[i].chunk);
	free(f->streams);
	free(f->defs.chunk);
	arena_release(&f->arena);
	free(f);
}

bool reader_file_read_chunk(struct trace *t, struct chunk_ref *ref, uint8_t *buffer,
                            struct ptf_chunk *header, struct ptc_cursor *payload)
{
	const char *fault = chunk_read(t, ref, buffer, header, payload);
	if (fault)
		reader_file_damage(t, ref, chunk_offset(ref), (uint64_t)(payload->end - payload->p),
		                   fault);
	return !fault;
}
