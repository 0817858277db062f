/*
 * When does an event need a time?
 *
 * Times order the events of different threads.  A reading of the clock waits for the loads before it,
 * which costs 9 ns in a tight loop and 40 where the program's own loads miss the cache; so while one
 * thread alone records, and does not pause, each sixteenth event has one.  `turn_now` says which
 * thread that is.  Who finds it with another takes it and says so in its stream (PTF_E_TURN).
 * Threads that take it from each other all the time leave it to nobody for a while: then every event
 * is stamped.
 *
 * The order holds.  An event b without a stamp found the turn its own thread's, as it has been since
 * a stamp w.  What another thread did before b, it did not do with the turn in sight of w: it would
 * have taken it, and b's thread would have had to take it back.  So it looked before w took the turn;
 * its stamp counts only if the turn was still the same when the clock had been read, and is earlier
 * than w, whose clock was read when the turn was taken.  What the processor moves around within that
 * is nanoseconds; readers allow for a microsecond.
 *
 * Cost: 1 ns an event of the thread that has the turn; a clock reading and 3 ns when nobody has it.
 */
#ifndef PT_TURN_H
#define PT_TURN_H

#include "self.h"

#define TURN_STAMP_EVERY 16u

/* In a cache line of its own: read at each event, written when threads take turns. */
struct turn {
	struct self *whose;    /* atomic; NULL: nobody's */
	uint64_t nobody_since; /* atomic, units of the clock */
} __attribute__((aligned(64)));

extern struct turn turn_now;

PT_INLINE bool turn_is_ours(const struct self *self)
{
	return __atomic_load_n(&turn_now.whose, __ATOMIC_RELAXED) == self;
}

/* The time of what is recorded next; may put a record before it. */
uint64_t turn_stamp(struct self *self);

/* The same for an event; 0: it needs no time. */
PT_INLINE uint64_t turn_stamp_if_due(struct self *self)
{
	if (likely(turn_is_ours(self)) && likely(--self->countdown))
		return 0;
	return turn_stamp(self);
}

#endif
