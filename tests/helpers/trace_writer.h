/*
 * Writes traces in memory, for tests: chunks, names and events as the recorder would, through
 * trace_codec.h.  All chunks end closed, except when asked to leave them open.
 *
 * Streams are buffered as rows of chunks; tw_finish() lays them out in the order in which they were
 * opened and returns the file's bytes.
 */
#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include <stdlib.h>
#include <string.h>

#include "preload/trace_codec.h"
#include "trace/reader_file.h"

#define TW_STREAMS 64u
#define TW_MARGIN 256u /* bytes that the longest record of a stream may need */

struct tw_chunk {
	uint8_t bytes[PTF_CHUNK_BYTES + PTF_MAX_RECORD];
	uint32_t used; /* of the payload */
	bool open;
};

struct tw_stream {
	struct tw_chunk *chunk; /* the one being written */
	struct ptc_coder coder;
	uint32_t thread;
	uint32_t n_chunks;
	uint64_t time;
};

struct tw {
	struct ptf_file header;
	struct tw_chunk **chunk; /* in file order; 0 is the header's */
	uint32_t n_chunks;
	struct tw_chunk *defs;
	uint32_t n_defs, n_frames, n_stacks, n_strings, n_codes, n_classes;
	struct tw_stream stream[TW_STREAMS];
	bool leave_open; /* last chunks stay PTF_OPEN */
};

static inline struct ptf_chunk *tw_header(struct tw_chunk *c)
{
	return (struct ptf_chunk *)c->bytes;
}

static inline uint8_t *tw_payload(struct tw_chunk *c)
{
	return c->bytes + sizeof(struct ptf_chunk);
}

static inline struct tw_chunk *tw_chunk_new(struct tw *w, enum ptf_chunk_kind kind, uint32_t stream,
                                            uint64_t ticks)
{
	struct tw_chunk *c = calloc(1, sizeof *c);
	w->chunk = realloc(w->chunk, (w->n_chunks + 1) * sizeof(*w->chunk));
	w->chunk[w->n_chunks] = c;
	*tw_header(c) = (struct ptf_chunk){.magic = PTF_CHUNK_MAGIC,
	                                   .kind = (uint8_t)kind,
	                                   .state = PTF_OPEN,
	                                   .index = w->n_chunks++,
	                                   .stream = stream,
	                                   .ticks = ticks,
	                                   .mono_ns = ticks};
	c->open = true;
	return c;
}

static inline void tw_chunk_close(struct tw_chunk *c)
{
	struct ptf_chunk *h = tw_header(c);
	h->used = (uint16_t)c->used;
	h->state = PTF_CLOSED;
	h->checksum = chunk_checksum(h, tw_payload(c));
	c->open = false;
}

/* Times are ns from 0. */
static inline void tw_init(struct tw *w)
{
	*w = (struct tw){.header = {.magic = PTF_MAGIC,
	                            .version_major = PTF_VERSION_MAJOR,
	                            .version_minor = PTF_VERSION_MINOR,
	                            .chunk_bytes = PTF_CHUNK_BYTES,
	                            .clock = PTF_CLOCK_MONOTONIC,
	                            .pid = 1000,
	                            .ppid = 1}};
	tw_chunk_new(w, PTF_CHUNK_FILE, 0, 0);
}

/* ---- names ---- */

static inline void tw_def(struct tw *w, uint8_t type, const uint8_t *payload, uint32_t n)
{
	if (w->defs && w->defs->used + n + 16 > PTF_PAYLOAD_BYTES) {
		tw_chunk_close(w->defs);
		w->defs = NULL;
	}
	if (!w->defs) {
		struct tw_chunk *c = w->defs = tw_chunk_new(w, PTF_CHUNK_DEFS, 0, 0);
		tw_header(c)->serial = w->n_defs++;
		tw_header(c)->first_frame = w->n_frames + 1;
		tw_header(c)->first_stack = w->n_stacks + 1;
		tw_header(c)->first_string = w->n_strings + 1;
		tw_header(c)->first_code = w->n_codes + 1;
		tw_header(c)->first_class = w->n_classes + 1;
	}
	w->n_frames += type == PTF_D_FRAME || type == PTF_D_FRAME_PY;
	w->n_stacks += type == PTF_D_STACK;
	w->n_strings += type == PTF_D_STRING;
	w->n_codes += type == PTF_D_PYCODE;
	w->n_classes += type == PTF_D_CLASS;
	uint8_t *p = tw_payload(w->defs) + w->defs->used;
	w->defs->used += (uint32_t)(ptc_put_record(p, type, payload, n) - p);
}

static inline uint32_t tw_string(struct tw *w, const char *s)
{
	tw_def(w, PTF_D_STRING, (const uint8_t *)s, (uint32_t)strlen(s));
	return w->n_strings;
}

static inline uint32_t tw_frame(struct tw *w, uint32_t module, uint64_t offset)
{
	uint8_t b[32], *p = ptc_put_varint(b, module);
	p = ptc_put_varint(p, offset << 1);
	tw_def(w, PTF_D_FRAME, b, (uint32_t)(p - b));
	return w->n_frames;
}

static inline uint32_t tw_pyframe(struct tw *w, uint32_t code, uint32_t line)
{
	uint8_t b[32], *p = ptc_put_varint(b, code);
	p = ptc_put_varint(p, line);
	tw_def(w, PTF_D_FRAME_PY, b, (uint32_t)(p - b));
	return w->n_frames;
}

static inline uint32_t tw_pycode(struct tw *w, const char *file, const char *name, uint32_t line)
{
	uint32_t f = tw_string(w, file), n = tw_string(w, name);
	uint8_t b[32], *p = ptc_put_varint(b, f);
	p = ptc_put_varint(p, n);
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, line);
	tw_def(w, PTF_D_PYCODE, b, (uint32_t)(p - b));
	return w->n_codes;
}

static inline uint32_t tw_class(struct tw *w, const char *name, const char *module, uint32_t flags,
                                uint64_t basic)
{
	uint32_t n = tw_string(w, name), m = tw_string(w, module);
	uint8_t b[64], *p = ptc_put_varint(b, n);
	p = ptc_put_varint(p, m);
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, flags);
	p = ptc_put_varint(p, basic);
	p = ptc_put_varint(p, 0);
	tw_def(w, PTF_D_CLASS, b, (uint32_t)(p - b));
	return w->n_classes;
}

/* Frames root first. */
static inline uint32_t tw_stack(struct tw *w, uint32_t flags, const uint32_t *frames, uint32_t n)
{
	uint8_t b[PTF_MAX_RECORD], *p = b;
	*p++ = (uint8_t)flags;
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, n);
	for (uint32_t i = 0; i < n; i++)
		p = ptc_put_varint(p, frames[i]);
	tw_def(w, PTF_D_STACK, b, (uint32_t)(p - b));
	return w->n_stacks;
}

/* The first n_shared frames of the stack before in this chunk, then n new ones. */
static inline uint32_t tw_shared_stack(struct tw *w, uint32_t n_shared, const uint32_t *frames,
                                       uint32_t n)
{
	uint8_t b[PTF_MAX_RECORD], *p = b;
	*p++ = PTF_STACK_COMPLETE;
	p = ptc_put_varint(p, n_shared);
	p = ptc_put_varint(p, n);
	for (uint32_t i = 0; i < n; i++)
		p = ptc_put_varint(p, frames[i]);
	tw_def(w, PTF_D_STACK, b, (uint32_t)(p - b));
	return w->n_stacks;
}

static inline void tw_module(struct tw *w, uint32_t id, const char *path)
{
	uint8_t b[PTF_MAX_RECORD], *p = ptc_put_varint(b, id);
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, 1 << 20);
	p = ptc_put_varint(p, 0);
	p = ptc_put_string(p, "", 0);
	p = ptc_put_string(p, path, strlen(path));
	tw_def(w, PTF_D_MODULE, b, (uint32_t)(p - b));
}

static inline void tw_process(struct tw *w, const char *exe, uint32_t argc, const char *const *argv)
{
	uint8_t b[PTF_MAX_RECORD], *p = ptc_put_string(b, exe, strlen(exe));
	p = ptc_put_string(p, "/", 1);
	p = ptc_put_string(p, "host", 4);
	p = ptc_put_varint(p, argc);
	for (uint32_t i = 0; i < argc; i++)
		p = ptc_put_string(p, argv[i], strlen(argv[i]));
	tw_def(w, PTF_D_PROCESS, b, (uint32_t)(p - b));
}

static inline void tw_allocator(struct tw *w, const char *path)
{
	uint8_t b[PTF_MAX_RECORD], *p = ptc_put_string(b, path, strlen(path));
	tw_def(w, PTF_D_ALLOCATOR, b, (uint32_t)(p - b));
}

/* ---- events ---- */

static inline void tw_next_chunk(struct tw *w, uint32_t stream)
{
	struct tw_stream *s = &w->stream[stream];
	if (s->chunk)
		tw_chunk_close(s->chunk);
	s->chunk = tw_chunk_new(w, PTF_CHUNK_EVENTS, stream, s->time);
	tw_header(s->chunk)->serial = s->n_chunks++;
	tw_header(s->chunk)->first_frame = s->thread ? s->thread : (s->thread = stream + 1);
	ptc_coder_start(&s->coder, s->time);
}

static inline uint8_t *tw_room(struct tw *w, uint32_t stream)
{
	struct tw_stream *s = &w->stream[stream];
	if (!s->chunk || s->chunk->used + TW_MARGIN > PTF_PAYLOAD_BYTES)
		tw_next_chunk(w, stream);
	return tw_payload(s->chunk) + s->chunk->used;
}

static inline void tw_general(struct tw *w, uint32_t stream, uint8_t tag, const uint8_t *payload,
                              uint32_t n)
{
	uint8_t *p = tw_room(w, stream);
	w->stream[stream].chunk->used += (uint32_t)(ptc_put_record(p, tag, payload, n) - p);
}

static inline void tw_general_number(struct tw *w, uint32_t stream, uint8_t tag, uint64_t number)
{
	uint8_t b[10];
	tw_general(w, stream, tag, b, (uint32_t)(ptc_put_varint(b, number) - b));
}

static inline void tw_event(struct tw *w, uint32_t stream, struct ptc_event e)
{
	struct tw_stream *s = &w->stream[stream];
	uint64_t below = e.address & ((1u << s->coder.shift) - 1);
	tw_room(w, stream);
	if (s->coder.shift && below) {
		uint8_t odd = (uint8_t)below;
		tw_general(w, stream, PTF_E_ODD, &odd, 1);
	}
	uint8_t *p = tw_room(w, stream);
	if (e.stamped)
		s->time = e.time;
	s->chunk->used += (uint32_t)(ptc_put_event(&s->coder, p, &e) - p);
}

/* ---- the file ---- */

/* The bytes of the file, to be freed; the writer is empty after that. */
static inline uint8_t *tw_finish(struct tw *w, size_t *n_bytes)
{
	memcpy(tw_payload(w->chunk[0]), &w->header, sizeof w->header);
	for (uint32_t i = 1; i < w->n_chunks; i++)
		if (w->chunk[i]->open && !w->leave_open)
			tw_chunk_close(w->chunk[i]);
	*n_bytes = (size_t)w->n_chunks * PTF_CHUNK_BYTES;
	uint8_t *bytes = malloc(*n_bytes);
	for (uint32_t i = 0; i < w->n_chunks; i++) {
		memcpy(bytes + (size_t)i * PTF_CHUNK_BYTES, w->chunk[i]->bytes, PTF_CHUNK_BYTES);
		free(w->chunk[i]);
	}
	free(w->chunk);
	*w = (struct tw){0};
	return bytes;
}

#endif
