/* See timestamp.h. */
#include "timestamp.h"

#include "base/clock.h"
#include "event_writer.h"

/* Units of the clock: 16 ticks, or 16 ns. */
#define SOLE_RECORDER_SHORT \
	4096u /* some 30 us: who loses the turn sooner shares it with the others */
#define SOLE_RECORDER_NONE 8388608u /* some 50 ms: so long they share it */
#define SOLE_RECORDER_PAUSE 32768u  /* some 200 us between two stamps */
#define TIMESTAMP_DENSE 256u /* after what asks for exact times, so many events are stamped each */

struct sole_recorder sole_recorder;

static bool sole_recorder_change(uint64_t seen, uint32_t whose)
{
	uint64_t next = ((seen >> 32) + 1) << 32 | whose;
	return __atomic_compare_exchange_n(&sole_recorder.state, &seen, next, false,
	                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void sole_recorder_clear(uint64_t seen, uint64_t now)
{
	__atomic_store_n(&sole_recorder.none_since, now, __ATOMIC_RELAXED);
	sole_recorder_change(seen, 0); /* else somebody was quicker */
}

static uint64_t sole_recorder_become(struct self *self)
{
	while (!sole_recorder_change(sole_recorder_state(), self->number_in_pool))
		;
	return self->sole_recorder_since = clock_units();
}

/* Unstamped events before this record precede everything that other threads recorded since. */
static PT_COLD void sole_recorder_announce(struct self *self, uint64_t now)
{
	uint8_t time[10];
	event_writer_put_record(self, PTF_E_SOLE_RECORDER, time,
	                        (uint32_t)(ptc_put_varint(time, now) - time));
	self->coder.last_time = now;
}

/* Somebody else has it, or nobody. */
static uint64_t sole_recorder_decide(struct self *self, uint64_t seen, uint64_t now)
{
	bool nobodys = sole_recorder_is_none(seen);
	if (nobodys &&
	    now - __atomic_load_n(&sole_recorder.none_since, __ATOMIC_RELAXED) < SOLE_RECORDER_NONE)
		return now;
	if (nobodys || now - self->sole_recorder_since >= SOLE_RECORDER_SHORT)
		return sole_recorder_become(self);
	sole_recorder_clear(seen, now);
	return now;
}

/*
 * Where a program waits between two events nobody could tell from the stamps around them.  One that has
 * waited a moment ago does so again, and has few events: each gets a time.
 */
PT_INLINE void timestamp_note(struct self *self, uint64_t now)
{
	if (unlikely(now - self->stamped_at > SOLE_RECORDER_PAUSE))
		self->n_dense = TIMESTAMP_DENSE;
	self->stamped_at = now;
	self->n_dense -= self->n_dense != 0;
	self->stamp_every = self->n_dense ? 1 : TIMESTAMP_EVERY;
	self->countdown = self->stamp_every;
}

/* Do the events without a time that follow have the last stamp's? */
static PT_COLD void timestamp_announce_hold(struct self *self, bool holds)
{
	uint8_t payload = holds;
	event_writer_put_record(self, PTF_E_HOLD, &payload, 1);
	self->holds = holds;
}

/* The turn was `seen` before the clock was read; `valid`: and nothing has changed since. */
static uint64_t timestamp_at(struct self *self, uint64_t seen, uint64_t now, bool valid)
{
	if (unlikely(!valid || !sole_recorder_is(self, seen))) {
		now = valid ? sole_recorder_decide(self, seen, now) : sole_recorder_become(self);
		if (!self->holds && self->countdown != self->stamp_every)
			sole_recorder_announce(self, now);
		if (self->holds == sole_recorder_is_self(self))
			timestamp_announce_hold(self, !self->holds);
	}
	timestamp_note(self, now);
	return now;
}

/* A chunk that is opened for what is said here would be younger than the event that the time is for. */
PT_INLINE void timestamp_make_room(struct self *self)
{
	enum { SOLE_RECORDER_AND_HOLD = 32 };
	if (unlikely(self->pos + SOLE_RECORDER_AND_HOLD >= self->soft_end))
		event_writer_open_chunk(self);
}

PT_HOT uint64_t timestamp_take(struct self *self)
{
	timestamp_make_room(self);
	uint64_t seen = sole_recorder_state(), now = clock_units();
	return timestamp_at(self, seen, now, sole_recorder_state() == seen);
}

/*
 * Threads whose pages change hands work together: the order in which they do is recorded exactly, or a queue of 64
 * blocks would seem to hold 80.
 */
PT_INLINE void timestamp_page_marked(struct self *self, uint64_t mark, uint64_t before)
{
	if (before >> 32 == mark >> 32 && before != mark)
		self->n_dense = TIMESTAMP_DENSE;
}

/*
 * The mark must stay until the clock has been read: else another thread's mark, and what has no stamp
 * since, might be of an earlier time and yet follow this event.
 */
PT_HOT uint64_t timestamp_event(struct self *self, uint64_t address)
{
	enum { TRIES = 4 }; /* then the turn is taken, which ends all marks */
	timestamp_make_room(self);
	uint64_t seen = sole_recorder_state(), now, mark = page_owner_mark(self, seen);
	uint64_t *place = sole_recorder_is_none(seen) ? page_owner_place(address) : NULL;
	if (!place)
		return timestamp_take(self);
	for (unsigned i = 0; i < TRIES; i++) {
		if (!page_owner_is(place, mark))
			timestamp_page_marked(self, mark, page_owner_put(place, mark));
		now = clock_units();
		if (likely(page_owner_is(place, mark)))
			return timestamp_at(self, seen, now, sole_recorder_state() == seen);
	}

	return timestamp_at(self, seen, now, false);
}
