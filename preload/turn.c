/* See turn.h. */
#include "turn.h"

#include "clock.h"
#include "stream.h"

/* Units of the clock: 16 ticks, or 16 ns. */
#define TURN_SHORT 4096u      /* some 30 us: who loses the turn sooner shares it with the others */
#define TURN_NOBODYS 8388608u /* some 50 ms: so long they share it */
#define TURN_PAUSE 32768u     /* some 200 us between two stamps */
#define TURN_DENSE 256u       /* after what asks for exact times, so many events are stamped each */

struct turn turn_now;

static bool turn_change(uint64_t seen, uint32_t whose)
{
	uint64_t next = ((seen >> 32) + 1) << 32 | whose;
	return __atomic_compare_exchange_n(&turn_now.state, &seen, next, false, __ATOMIC_SEQ_CST,
	                                   __ATOMIC_RELAXED);
}

static void turn_leave_to_nobody(uint64_t seen, uint64_t now)
{
	__atomic_store_n(&turn_now.nobody_since, now, __ATOMIC_RELAXED);
	turn_change(seen, 0); /* else somebody was quicker */
}

static uint64_t turn_take(struct self *self)
{
	while (!turn_change(turn_state(), self->number_in_pool))
		;
	return self->turn_since = clock_units();
}

/* What has no time lies before what other threads did meanwhile. */
static PT_COLD void turn_say(struct self *self, uint64_t now)
{
	uint8_t time[10];
	stream_put_record(self, PTF_E_TURN, time, (uint32_t)(ptc_put_varint(time, now) - time));
	self->coder.last_time = now;
}

/* Somebody else has it, or nobody. */
static uint64_t turn_decide(struct self *self, uint64_t seen, uint64_t now)
{
	bool nobodys = turn_is_nobodys(seen);
	if (nobodys &&
	    now - __atomic_load_n(&turn_now.nobody_since, __ATOMIC_RELAXED) < TURN_NOBODYS)
		return now;
	if (nobodys || now - self->turn_since >= TURN_SHORT)
		return turn_take(self);
	turn_leave_to_nobody(seen, now);
	return now;
}

/*
 * Where a program waits between two events nobody could tell from the stamps around them.  One that has
 * waited a moment ago does so again, and has few events: each gets a time.
 */
PT_INLINE void turn_stamped(struct self *self, uint64_t now)
{
	if (unlikely(now - self->stamped_at > TURN_PAUSE))
		self->n_dense = TURN_DENSE;
	self->stamped_at = now;
	self->n_dense -= self->n_dense != 0;
	self->stamp_every = self->n_dense ? 1 : TURN_STAMP_EVERY;
	self->countdown = self->stamp_every;
}

/* Do the events without a time that follow have the last stamp's? */
static PT_COLD void turn_say_hold(struct self *self, bool holds)
{
	uint8_t payload = holds;
	stream_put_record(self, PTF_E_HOLD, &payload, 1);
	self->holds = holds;
}

/* The turn was `seen` before the clock was read; `valid`: and nothing has changed since. */
static uint64_t turn_stamp_at(struct self *self, uint64_t seen, uint64_t now, bool valid)
{
	if (unlikely(!valid || !turn_is_of(self, seen))) {
		now = valid ? turn_decide(self, seen, now) : turn_take(self);
		if (!self->holds && self->countdown != self->stamp_every)
			turn_say(self, now);
		if (self->holds == turn_is_ours(self))
			turn_say_hold(self, !self->holds);
	}
	turn_stamped(self, now);
	return now;
}

/* A chunk that is opened for what is said here would be younger than the event that the time is for. */
PT_INLINE void turn_make_room(struct self *self)
{
	enum { TURN_AND_HOLD = 32 };
	if (unlikely(self->pos + TURN_AND_HOLD >= self->soft_end))
		stream_open_chunk(self);
}

PT_HOT uint64_t turn_stamp(struct self *self)
{
	turn_make_room(self);
	uint64_t seen = turn_state(), now = clock_units();
	return turn_stamp_at(self, seen, now, turn_state() == seen);
}

/*
 * Threads whose pages change hands work together: in what order they do is told exactly, or a queue of 64
 * blocks would seem to hold 80.
 */
PT_INLINE void turn_marked(struct self *self, uint64_t mark, uint64_t before)
{
	if (before >> 32 == mark >> 32 && before != mark)
		self->n_dense = TURN_DENSE;
}

/*
 * The mark must stay until the clock has been read: else another thread's mark, and what has no stamp
 * since, might be of an earlier time and yet follow this event.
 */
PT_HOT uint64_t turn_stamp_event(struct self *self, uint64_t address)
{
	enum { TRIES = 4 }; /* then the turn is taken, which ends all marks */
	turn_make_room(self);
	uint64_t seen = turn_state(), now, mark = touch_mark(self, seen);
	uint64_t *place = turn_is_nobodys(seen) ? touch_place(address) : NULL;
	if (!place)
		return turn_stamp(self);
	for (unsigned i = 0; i < TRIES; i++) {
		if (!touch_is(place, mark))
			turn_marked(self, mark, touch_put(place, mark));
		now = clock_units();
		if (likely(touch_is(place, mark)))
			return turn_stamp_at(self, seen, now, turn_state() == seen);
	}
	return turn_stamp_at(self, seen, now, false);
}
