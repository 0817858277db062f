/*
 * See event_writer.h.  Slow paths only: once per 32 KiB, once per thread.
 */
#include "event_writer.h"
#include "base/clock.h"
#include "trace_file.h"
#include "base/own_memory.h"
#include "base/raw.h"
#include "thread.h"

static uint8_t *event_writer_chunk_end(const struct self *self)
{
	return (uint8_t *)self->chunk + PTF_CHUNK_BYTES - EVENT_WRITER_SLACK;
}

/* Where to stop next: at the chunk's end, or where it is to be written out. */
static uint8_t *event_writer_next_stop(const struct self *self)
{
	uint8_t *end = event_writer_chunk_end(self);
	uint32_t step = trace_file_step();
	return step && self->pos + step < end ? self->pos + step : end;
}

static void event_writer_start_chunk(struct self *self)
{
	struct ptf_chunk *c = self->chunk;

	c->kind = PTF_CHUNK_EVENTS;
	c->stream = self->stream;
	c->serial = self->n_chunks++;
	c->first_frame = self->number;
	self->taken_over = 0;
	self->pos = (uint8_t *)(c + 1);
	self->written = (uint8_t *)c;
	self->soft_end = event_writer_next_stop(self);
	self->owner = 0;
	self->countdown = self->stamp_every = TIMESTAMP_EVERY;
	ptc_coder_start(&self->coder, c->ticks >> CLOCK_TIME_SHIFT);
	pt_signal_fence();
	c->state = PTF_OPEN;
}

/* What a chunk must repeat because it decodes on its own. */
static void event_writer_repeat_state(struct self *self)
{
	uint8_t shift = 3;
	if (self->fine_granule) {
		event_writer_add_to_event(self, PTF_E_GRANULE, &shift, 1);
		ptc_coder_set_shift(&self->coder, shift);
	}
	if (self->holds)
		event_writer_put_record(self, PTF_E_HOLD, &(uint8_t){1}, 1);
}

/* The chunk goes on with the events of the thread that has taken this state over. */
static bool event_writer_change_thread(struct self *self)
{
	uint8_t payload[10];

	if (!self->taken_over || !self->chunk || self->chunk->state != PTF_OPEN ||
	    self->pos >= event_writer_chunk_end(self))
		return false;

	thread_announce(self);
	self->taken_over = 0;
	self->soft_end = event_writer_next_stop(self);
	event_writer_put_record(self, PTF_E_THREAD, payload,
	                        (uint32_t)(ptc_put_varint(payload, self->number) - payload));
	payload[0] = 0;
	if (self->owner)
		event_writer_put_record(self, PTF_E_OWNER, payload, 1);
	self->owner = 0;
	return true;
}

/*
 * The brk heap grows inside the C library, unseen; so the kernel is asked where it ends now and then.
 * Its beginning is where it ended at the first look, when nothing had been allocated yet.
 */
static void event_writer_note_brk(struct self *self)
{
	static uint64_t first, last; /* atomic */
	uint8_t payload[64];
	uint64_t end = (uint64_t)raw_call(SYS_brk, 0, 0, 0, 0, 0, 0), none = 0;

	__atomic_compare_exchange_n(&first, &none, end, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&last, end, __ATOMIC_RELAXED) == end || end <= first)
		return;
	uint8_t *p = payload;
	*p++ = PTF_REGION_BRK;
	p = ptc_put_varint(p, end);
	p = ptc_put_varint(p, end - first);
	p = ptc_put_varint(p, 0); /* no stack, no old address, no old size */
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, clock_units());
	event_writer_put_record(self, PTF_E_REGION, payload, (uint32_t)(p - payload));
}

void event_writer_write_out(struct self *self)
{
	uint8_t *end = self->pos;
	if (!trace_file_step() || !end || !self->chunk || self->chunk->state != PTF_OPEN)
		return;
	trace_file_write_out(self->chunk, self->written, end);
	self->written = end;
}

/* The chunk goes on when it was only to be written out; soft_end NULL: it may not. */
static bool event_writer_step(struct self *self)
{
	if (!trace_file_step() || !self->soft_end || !self->chunk ||
	    self->chunk->state != PTF_OPEN ||
	    self->pos + EVENT_WRITER_SLACK >= event_writer_chunk_end(self))
		return false;
	event_writer_write_out(self);
	self->soft_end = event_writer_next_stop(self);
	return !trace_file_stopped();
}

static bool event_writer_make_room(struct self *self)
{
	if (event_writer_change_thread(self) || event_writer_step(self))
		return true;
	thread_announce(self);
	self->chunk = trace_file_next_chunk(self->chunk, self->pos);

	if (!self->chunk) {
		self->pos = self->soft_end = NULL;
		trace_file_count_lost(PTF_LOST_STOPPED, 1);
		return false;
	}

	event_writer_start_chunk(self);
	event_writer_repeat_state(self);
	event_writer_note_brk(self);
	return true;
}

/* Signals wait, as everywhere that locks are taken: a handler may jump away and never come back. */
bool event_writer_open_chunk(struct self *self)
{
	uint64_t mask;
	raw_signals_block(&mask);
	bool made = event_writer_make_room(self);
	raw_signals_restore(&mask);
	return made;
}

PT_COLD void event_writer_count_whole_free(struct self *self, uint16_t every)
{
	enum { OFTEN = 64 };
	self->to_whole_free = ++self->n_whole_frees < OFTEN ? EVENT_WRITER_WHOLE_FREE_EVERY : every;
}

void event_writer_put_record(struct self *self, enum ptf_event_record type, const uint8_t *payload,
                             uint32_t n)
{
	if (unlikely(self->pos >= self->soft_end) && !event_writer_open_chunk(self))
		return;
	self->pos = ptc_put_record(self->pos, (uint8_t)type, payload, n);
}

void event_writer_add_to_event(struct self *self, enum ptf_event_record type,
                               const uint8_t *payload, uint32_t n)
{
	if (self->pos)
		self->pos = ptc_put_record(self->pos, (uint8_t)type, payload, n);
}

void event_writer_odd_address(struct self *self, uint64_t address)
{
	uint8_t below = address & 7;
	uint8_t shift = 3;
	if (!self->fine_granule) {
		self->fine_granule = true;
		event_writer_add_to_event(self, PTF_E_GRANULE, &shift, 1);
		ptc_coder_set_shift(&self->coder, shift);
	}
	if (below)
		event_writer_add_to_event(self, PTF_E_ODD, &below, 1);
}

void event_writer_close(struct self *self)
{
	if (!self->chunk)
		return;
	trace_file_close_chunk(self->chunk, self->pos);
	self->soft_end = self->pos; /* whatever still comes opens a new chunk */
}

void event_writer_forget(struct self *self)
{
	if (self->chunk)
		own_unmap(self->chunk, PTF_CHUNK_BYTES);
	self->chunk = NULL;
	self->n_chunks = 0;
	self->pos = self->soft_end = NULL;
}
