/*
 * See defs.h.  Only new names come here: once per distinct frame, stack, module, thread, class.
 */
#include "defs.h"
#include "file.h"
#include "lock.h"

static struct lock defs_lock; /* LOCK_DEFS */

/* All protected by defs_lock. */
static struct ptf_chunk *defs_chunk;
static uint8_t *defs_at;
static uint8_t *defs_written; /* up to here the chunk is in the file, see file_write_out() */
static uint32_t n_begun, n_frames, n_stacks, n_strings, n_codes, n_classes;
static uint32_t last_stack[PTF_MAX_FRAMES]; /* the previous PTF_D_STACK of this chunk, root first */
static uint32_t last_stack_n;

void def_bytes(struct def *d, const void *p, size_t n)
{
	size_t room = (size_t)(d->bytes + sizeof d->bytes - d->at);
	if (room < 4)
		return;
	d->at = ptc_put_string(d->at, p, pt_min(n, room - 4));
}

void def_text(struct def *d, const char *s)
{
	def_bytes(d, s, strlen(s));
}

static bool defs_open_chunk(void)
{
	if (!defs_chunk) {
		defs_chunk = file_take_chunk();
	} else if (!file_next_chunk(defs_chunk, defs_at)) {
		raw_unmap(defs_chunk, PTF_CHUNK_BYTES);
		defs_chunk = NULL;
	}
	if (!defs_chunk)
		return false;
	defs_chunk->kind = PTF_CHUNK_DEFS;
	defs_chunk->serial = n_begun++;
	defs_chunk->id_first = n_frames + 1;
	defs_chunk->id_first2 = n_stacks + 1;
	defs_chunk->id_first3 = n_strings + 1;
	defs_chunk->id_first4 = n_codes + 1;
	defs_chunk->id_first5 = n_classes + 1;
	pt_signal_fence();
	defs_chunk->state = PTF_OPEN;
	defs_at = (uint8_t *)(defs_chunk + 1);
	defs_written = (uint8_t *)defs_chunk;
	last_stack_n = 0;
	return true;
}

/* A name is in the file before an event that refers to it is. */
static void defs_write_out(void)
{
	file_write_out(defs_chunk, defs_written, defs_at);
	defs_written = defs_at;
}

/* Room for one record with n bytes of payload (and the end tag) in the current chunk. */
static bool defs_room(uint32_t n)
{
	if (defs_chunk && defs_at + n + 8 <= (uint8_t *)defs_chunk + PTF_CHUNK_BYTES)
		return true;
	return n <= PTF_MAX_RECORD && defs_open_chunk();
}

static uint32_t defs_next_id(enum ptf_def type)
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

uint32_t defs_put_bytes(enum ptf_def type, const uint8_t *payload, uint32_t n)
{
	uint32_t id = 0;
	if (!lock_take(&defs_lock))
		return 0;
	if (defs_room(n)) {
		defs_at = ptc_put_record(defs_at, (uint8_t)type, payload, n);
		id = defs_next_id(type);
		defs_write_out();
	}
	lock_release(&defs_lock);
	return id;
}

uint32_t defs_put(enum ptf_def type, const struct def *d)
{
	return defs_put_bytes(type, d->bytes, (uint32_t)(d->at - d->bytes));
}

uint32_t defs_string(const char *s, size_t n)
{
	return defs_put_bytes(PTF_D_STRING, (const uint8_t *)s,
	                      (uint32_t)pt_min(n, (size_t)PTF_MAX_STRING));
}

/* How many frames at the root end are those of the previous stack. */
static uint32_t defs_shared_frames(const uint32_t *frames, uint32_t n)
{
	uint32_t shared = 0;
	while (shared < n && shared < last_stack_n && last_stack[shared] == frames[n - 1 - shared])
		shared++;
	return shared;
}

/* Written in place: a stack of 1024 frames would be a large thing to have on a small stack. */
static void defs_write_stack(unsigned flags, const uint32_t *frames, uint32_t n, uint32_t shared)
{
	uint8_t *body = defs_at + 4;
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
	defs_at[1] = (uint8_t)(length | 0x80); /* a varint of three bytes, whatever the length */
	defs_at[2] = (uint8_t)(length >> 7 | 0x80);
	defs_at[3] = (uint8_t)(length >> 14);
	*p = 0;
	pt_signal_fence();
	*(volatile uint8_t *)defs_at = PTF_D_STACK;
	defs_at = p;
}

uint32_t defs_stack(unsigned flags, const uint32_t *frames, uint32_t n)
{
	uint32_t id = 0;
	if (!lock_take(&defs_lock))
		return 0;
	if (defs_room((n - defs_shared_frames(frames, n)) * 5 + 16)) {
		defs_write_stack(flags, frames, n, defs_shared_frames(frames, n));
		id = ++n_stacks;
		defs_write_out();
	}
	lock_release(&defs_lock);
	return id;
}

void defs_close(void)
{
	if (!lock_take(&defs_lock))
		return;
	if (defs_chunk)
		file_close_chunk(defs_chunk, defs_at);
	if (defs_chunk)
		raw_unmap(defs_chunk, PTF_CHUNK_BYTES);
	defs_chunk = NULL; /* a later definition opens a new one */
	lock_release(&defs_lock);
}

void defs_forget(void)
{
	if (defs_chunk)
		raw_unmap(defs_chunk, PTF_CHUNK_BYTES);
	defs_chunk = NULL;
	n_begun = n_frames = n_stacks = n_strings = n_codes = n_classes = 0;
	lock_forget(&defs_lock);
}

bool defs_lock_for_fork(void)
{
	return lock_take(&defs_lock);
}

void defs_unlock_after_fork(void)
{
	lock_release(&defs_lock);
}
