/*
 * See definition_writer.h.  Only new names come here: once per distinct frame, stack, module, thread, class.
 */
#include "definition_writer.h"
#include "trace_file.h"
#include "base/lock.h"
#include "base/own_memory.h"

LOCK_DEFINE(definition_writer_lock, LOCK_DEFINITIONS);

/* All protected by definition_writer_lock. */
static struct ptf_chunk *definition_writer_chunk;
static uint8_t *definition_writer_at;
static uint8_t *
	definition_writer_written; /* up to here the chunk is in the file, see trace_file_write_out() */
static uint32_t n_begun, n_frames, n_stacks, n_strings, n_codes, n_classes;
static uint32_t last_stack[PTF_MAX_FRAMES]; /* the previous PTF_D_STACK of this chunk, root first */
static uint32_t last_stack_n;

void definition_bytes(struct definition *d, const void *p, size_t n)
{
	size_t room = (size_t)(d->bytes + sizeof d->bytes - d->at);
	if (room < 4)
		return;
	d->at = ptc_put_string(d->at, p, pt_min(n, room - 4));
}

void definition_text(struct definition *d, const char *s)
{
	definition_bytes(d, s, strlen(s));
}

static bool definition_writer_open_chunk(void)
{
	definition_writer_chunk = trace_file_next_chunk(definition_writer_chunk,
	                                                definition_writer_at);
	if (!definition_writer_chunk)
		return false;
	definition_writer_chunk->kind = PTF_CHUNK_DEFS;
	definition_writer_chunk->serial = n_begun++;
	definition_writer_chunk->first_frame = n_frames + 1;
	definition_writer_chunk->first_stack = n_stacks + 1;
	definition_writer_chunk->first_string = n_strings + 1;
	definition_writer_chunk->first_code = n_codes + 1;
	definition_writer_chunk->first_class = n_classes + 1;
	pt_signal_fence();
	definition_writer_chunk->state = PTF_OPEN;
	definition_writer_at = (uint8_t *)(definition_writer_chunk + 1);
	definition_writer_written = (uint8_t *)definition_writer_chunk;
	last_stack_n = 0;
	return true;
}

/* A name is in the file before an event that refers to it is. */
static void definition_writer_write_out(void)
{
	trace_file_write_out(definition_writer_chunk, definition_writer_written,
	                     definition_writer_at);
	definition_writer_written = definition_writer_at;
}

/* Room for one record with n bytes of payload (and the end tag) in the current chunk. */
static bool definition_writer_room(uint32_t n)
{
	if (definition_writer_chunk &&
	    definition_writer_at + n + 8 <= (uint8_t *)definition_writer_chunk + PTF_CHUNK_BYTES)
		return true;
	return n <= PTF_MAX_RECORD && definition_writer_open_chunk();
}

static uint32_t definition_writer_next_id(enum ptf_def type)
{
	switch (type) {
	case PTF_D_FRAME:
	case PTF_D_FRAME_PY:
		return ++n_frames;
	case PTF_D_STACK:
		return ++n_stacks;
	case PTF_D_STRING:
		return ++n_strings;
	case PTF_D_PYCODE:
		return ++n_codes;
	case PTF_D_CLASS:
		return ++n_classes;
	default:
		return 1;
	}
}

uint32_t definition_writer_put_bytes(enum ptf_def type, const uint8_t *payload, uint32_t n)
{
	uint32_t id = 0;
	if (!lock_take(&definition_writer_lock))
		return 0;
	if (definition_writer_room(n)) {
		definition_writer_at = ptc_put_record(definition_writer_at, (uint8_t)type, payload,
		                                      n);
		id = definition_writer_next_id(type);
		definition_writer_write_out();
	}
	lock_release(&definition_writer_lock);
	return id;
}

uint32_t definition_writer_put(enum ptf_def type, const struct definition *d)
{
	return definition_writer_put_bytes(type, d->bytes, (uint32_t)(d->at - d->bytes));
}

uint32_t definition_writer_string(const char *s, size_t n)
{
	return definition_writer_put_bytes(PTF_D_STRING, (const uint8_t *)s,
	                                   (uint32_t)pt_min(n, (size_t)PTF_MAX_STRING));
}

/* How many frames at the root end are those of the previous stack. */
static uint32_t definition_writer_shared_frames(const uint32_t *frames, uint32_t n)
{
	uint32_t shared = 0;
	while (shared < n && shared < last_stack_n && last_stack[shared] == frames[n - 1 - shared])
		shared++;
	return shared;
}

/* Written in place: a stack of 1024 frames would be a large thing to have on a small stack. */
static void definition_writer_write_stack(unsigned flags, const uint32_t *frames, uint32_t n,
                                          uint32_t shared)
{
	uint8_t *body = definition_writer_at + 4;
	uint8_t *p = body;

	*p++ = (uint8_t)flags;
	p = ptc_put_varint(p, shared);
	p = ptc_put_varint(p, n - shared);
	for (uint32_t i = shared; i < n; i++) {
		last_stack[i] = frames[n - 1 - i];
		p = ptc_put_varint(p, last_stack[i]);
	}

	last_stack_n = n;
	uint32_t length = (uint32_t)(p - body);
	definition_writer_at[1] =
		(uint8_t)(length | 0x80); /* a varint of three bytes, whatever the length */
	definition_writer_at[2] = (uint8_t)(length >> 7 | 0x80);
	definition_writer_at[3] = (uint8_t)(length >> 14);
	*p = 0;
	pt_signal_fence();
	*(volatile uint8_t *)definition_writer_at = PTF_D_STACK;
	definition_writer_at = p;
}

uint32_t definition_writer_stack(unsigned flags, const uint32_t *frames, uint32_t n)
{
	uint32_t id = 0;
	if (!lock_take(&definition_writer_lock))
		return 0;
	if (definition_writer_room((n - definition_writer_shared_frames(frames, n)) * 5 + 16)) {
		definition_writer_write_stack(flags, frames, n,
		                              definition_writer_shared_frames(frames, n));
		id = ++n_stacks;
		definition_writer_write_out();
	}
	lock_release(&definition_writer_lock);
	return id;
}

void definition_writer_close(void)
{
	if (!lock_take(&definition_writer_lock))
		return;
	if (definition_writer_chunk)
		trace_file_close_chunk(definition_writer_chunk, definition_writer_at);
	if (definition_writer_chunk)
		own_unmap(definition_writer_chunk, PTF_CHUNK_BYTES);
	definition_writer_chunk = NULL; /* a later definition opens a new one */
	lock_release(&definition_writer_lock);
}

void definition_writer_forget(void)
{
	if (definition_writer_chunk)
		own_unmap(definition_writer_chunk, PTF_CHUNK_BYTES);
	definition_writer_chunk = NULL;
	n_begun = n_frames = n_stacks = n_strings = n_codes = n_classes = 0;
	lock_forget(&definition_writer_lock);
}
