/*
 * The file under a trace: its bytes, which chunks it has, and its clock.  Private to trace/.
 *
 * Chunks are read with pread() into the reader's buffers rather than mapped: a file that is cut while
 * we read it must not kill us, and one that is still being written is seen in one moment per chunk.
 */
#ifndef READER_FILE_H
#define READER_FILE_H

#include <sys/types.h>

#include "trace.h"
#include "preload/trace_codec.h"
#include "util/mem.h"

/* Serial of a chunk that was added to a finished trace: it comes last. */
#define CHUNK_APPENDED UINT32_MAX

/* A chunk that is worth reading. */
struct chunk_ref {
	uint64_t ticks;       /* when it was opened */
	const uint8_t *bytes; /* a copy from when it was found, NULL = it does not change */
	uint32_t number;      /* offset / PTF_CHUNK_BYTES */
	uint32_t serial;      /* in its stream */
	uint8_t state;        /* enum ptf_chunk_state */
	bool reported;        /* its damage is counted already */
};

/* The chunks of one stream, in order. */
struct reader_stream_ref {
	uint32_t stream;
	uint32_t n, room;
	struct chunk_ref *chunk;
};

struct trace_file {
	int fd;
	uint64_t bytes;
	struct ptf_file header;
	double ns_per_tick;
	struct reader_stream_ref defs;
	struct reader_stream_ref *streams; /* by stream number, ascending */
	uint32_t n_streams, streams_room;
	uint64_t n_event_chunks;
	struct arena arena; /* everything the names point at */
};

/* Opens, checks chunk 0, indexes all chunks.  -1 after error(). */
int reader_file_open(struct trace *t);
void reader_file_close(struct trace_file *f);

/* Sets `bytes` to what the file has now.  -1 after error(). */
int reader_file_size(struct trace *t);

/* Up to n bytes at an offset; how many there were, -1 after error(). */
ssize_t reader_file_read_at(const struct trace *t, void *to, size_t n, uint64_t offset);

static inline uint64_t chunk_offset(const struct chunk_ref *ref)
{
	return (uint64_t)ref->number * PTF_CHUNK_BYTES;
}

/* What is wrong with the header of chunk `number`, NULL nothing. */
const char *chunk_fault(const struct ptf_chunk *c, uint32_t number);

/* Reads a chunk into buffer (PTF_CHUNK_BYTES).  NULL, or what is wrong with it; the cursor has its payload,
 * or what cannot be used. */
const char *chunk_read(const struct trace *t, const struct chunk_ref *ref, uint8_t *buffer,
                       struct ptf_chunk *header, struct ptc_cursor *payload);

/* Reads a chunk into buffer (PTF_CHUNK_BYTES), checks it, and sets the cursor to its payload.  False:
 * nothing of it can be used; counted. */
bool reader_file_read_chunk(struct trace *t, struct chunk_ref *ref, uint8_t *buffer,
                            struct ptf_chunk *header, struct ptc_cursor *payload);

/* What `checksum` of a closed chunk is. */
uint64_t chunk_checksum(const struct ptf_chunk *header, const uint8_t *payload);

/* Counts damage, once for each chunk.  offset: in the file. */
void reader_file_damage(struct trace *t, struct chunk_ref *ref, uint64_t offset,
                        uint64_t unread_bytes, const char *what);

/* No time lies further from the start than this: 146 years. */
#define FILE_NS_MOST ((uint64_t)1 << 62)

/* ns since the start of the trace. */
static inline uint64_t reader_file_ns(const struct trace_file *f, uint64_t ticks)
{
	if (ticks <= f->header.start_ticks)
		return 0;
	double ns = (double)(ticks - f->header.start_ticks) * f->ns_per_tick;
	return ns < (double)FILE_NS_MOST ? (uint64_t)ns : FILE_NS_MOST;
}

/* Names: reads all DEFS chunks into t's tables. */
void reader_definitions_load(struct trace *t);

#endif
