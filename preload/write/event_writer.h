/*
 * One thread's events on their way into the file: records are written straight into a mapped chunk.
 */
#ifndef PT_EVENT_WRITER_H
#define PT_EVENT_WRITER_H

#include "self.h"
#include "timestamp.h"

/* Room that is always left behind soft_end: for a general record of 100 bytes, or for an event with its owner
 * (12 bytes) and its granule (6) before it and its class (32) behind it; and the end tag. */
#define EVENT_WRITER_SLACK 128u

/* Makes room: closes the full chunk, opens the next.  False: recording has stopped. */
bool event_writer_open_chunk(struct self *self);

/* An address that is no multiple of 16: says so in the stream before the event. */
void event_writer_odd_address(struct self *self, uint64_t address);

/* A general record (PTF_E_*) of at most 100 bytes. */
void event_writer_put_record(struct self *self, enum ptf_event_record type, const uint8_t *payload,
                             uint32_t n);

/* The same, of at most 32 bytes, about the event that comes next or was put last: in its chunk, which has room. */
void event_writer_add_to_event(struct self *self, enum ptf_event_record type,
                               const uint8_t *payload, uint32_t n);

/* Into the file with what it has, where that is not mapped. */
void event_writer_write_out(struct self *self);

/* At an orderly end. */
void event_writer_close(struct self *self);

/* In a forked child: this chunk belongs to the parent. */
void event_writer_forget(struct self *self);

/* Of a thread's releases each 16th has its whole stack.  Where there are Python frames to be walked for it, it
 * costs 50 ns, and each 64th must do, after the first thousand. */
#define EVENT_WRITER_WHOLE_FREE_EVERY 16u
#define EVENT_WRITER_WHOLE_FREE_PYTHON 64u

void event_writer_count_whole_free(struct self *self, uint16_t every);

/* Does this release get its whole stack, rather than the caller alone? */
PT_INLINE bool event_writer_whole_free_due(struct self *self, uint16_t every)
{
	if (likely(--self->to_whole_free))
		return false;
	event_writer_count_whole_free(self, every);
	return true;
}

/* One event, passed in registers, where there is room for it; who and what as in ptc_put(), time 0: none. */
PT_INLINE void event_writer_put_here(struct self *self, uint64_t who, uint32_t what,
                                     uint64_t address, uint64_t size_bytes, uint64_t time)
{
	if (unlikely(address & 15))
		event_writer_odd_address(self, address);
	self->pos = ptc_put(&self->coder, self->pos, who, what, address, size_bytes, time != 0,
	                    time);
}

/* The same, making room first if it must. */
PT_INLINE void event_writer_put(struct self *self, uint64_t who, uint32_t what, uint64_t address,
                                uint64_t size_bytes, uint64_t time)
{
	if (unlikely(self->pos >= self->soft_end)) {
		if (!event_writer_open_chunk(self))
			return;
		time = timestamp_event(self, address); /* none is older than its chunk */
	}
	event_writer_put_here(self, who, what, address, size_bytes, time);
}

#endif
