/*
 * When does an event need a time?
 *
 * Times order the events of different threads.  A reading of the clock waits for the loads before it,
 * which costs 9 ns in a tight loop and 40 where the program's own loads miss the cache; so while one
 * thread alone records, and does not pause, each 64th event has one.  `turn_now` says which
 * thread that is.  Who finds it with another takes it and says so in its stream (PTF_E_TURN).
 * Threads that take it from each other all the time leave it to nobody for a while: then an event needs
 * a time where another thread was the last to touch its page (touch.h), and so do the next 256 of that
 * thread: threads that hand blocks to each other are told in the order in which they did it.
 *
 * The order holds.  An event b without a stamp found the turn its own thread's, as it has been since
 * a stamp w.  What another thread did before b, it did not do with the turn in sight of w: it would
 * have taken it, and b's thread would have had to take it back.  So it looked before w took the turn;
 * its stamp counts only if the turn was still the same when the clock had been read, and is earlier
 * than w, whose clock was read when the turn was taken.
 *
 * Or b found the turn nobody's, and its page touched by its own thread last, since a stamp w of this
 * period of nobody's.  What another thread did to the same address before b, it did before w: later it
 * would have put its own mark on the page, and b would have found that.  Readers give b the time of the
 * stamp before it, w or a later one (PTF_E_HOLD), and not one between two stamps: the other thread's next
 * event at this address finds b's mark, and has a stamp that is later than b.
 *
 * What the processor moves around within that is nanoseconds; readers allow for a microsecond.
 *
 * Cost: 1 ns an event of the thread that has the turn, 3 ns when nobody has it, and a clock reading for
 * each event that is stamped.
 */
#ifndef PT_TURN_H
#define PT_TURN_H

#include "self.h"
#include "touch.h"

#define TURN_STAMP_EVERY 64u

/* In a cache line of its own: read at each event, written when threads take turns. */
struct turn {
	uint64_t
		state; /* atomic: how often it changed << 32 | thread state's number_in_pool; 0: nobody's */
	uint64_t nobody_since; /* atomic, units of the clock */
} __attribute__((aligned(64)));

extern struct turn turn_now;

PT_INLINE uint64_t turn_state(void)
{
	return __atomic_load_n(&turn_now.state, __ATOMIC_ACQUIRE);
}

PT_INLINE bool turn_is_nobodys(uint64_t state)
{
	return !(uint32_t)state;
}

PT_INLINE bool turn_is_of(const struct self *self, uint64_t state)
{
	return (uint32_t)state == self->number_in_pool;
}

PT_INLINE bool turn_is_ours(const struct self *self)
{
	return turn_is_of(self, turn_state());
}

/* The time of a record, which must have one; may put another record before it. */
uint64_t turn_stamp(struct self *self);

/* The same for an event at this address. */
uint64_t turn_stamp_event(struct self *self, uint64_t address);

/* Is nobody else's event at this address in want of an order with ours? */
PT_INLINE bool turn_touched(const struct self *self, uint64_t address)
{
	uint64_t state = turn_state();
	return turn_is_nobodys(state) && touch_is(touch_look(address), touch_mark(self, state));
}

/* The time of an event; 0: it needs none. */
PT_INLINE uint64_t turn_stamp_if_due(struct self *self, uint64_t address)
{
	if ((likely(turn_is_ours(self)) || turn_touched(self, address)) &&
	    likely(--self->countdown))
		return 0;
	return turn_stamp_event(self, address);
}

#endif
