/*
 * When does an event need a time?
 *
 * Times order the events of different threads.  A reading of the clock waits for the loads before it,
 * which costs 9 ns in a tight loop and 40 where the program's own loads miss the cache; so while one
 * thread alone records, and does not pause, each 64th event has one.  `sole_recorder` says which
 * thread that is.  Who finds it with another takes it and says so in its stream (PTF_E_SOLE_RECORDER).
 * Threads that take it from each other all the time leave it to nobody for a while: then an event needs
 * a time where another thread was the last to touch its page (page_owner.h), and so do the next 256 of that
 * thread: hand-overs of blocks between threads are reported in the order in which they happened.
 *
 * The order holds.  An event b without a stamp found the turn its own thread's, as it has been since
 * a stamp w.  What another thread did before b, it did not do with the turn in sight of w: it would
 * have taken it, and b's thread would have had to take it back.  So it looked before w took the turn;
 * its stamp counts only if the turn was still the same when the clock had been read, and is earlier
 * than w, whose clock was read when the turn was taken.
 *
 * Or b found the turn nobody's, and its page touched by its own thread last, since a stamp w of this
 * period without a sole recorder.  What another thread did to the same address before b, it did before w: later it
 * would have put its own mark on the page, and b would have found that.  Readers give b the time of the
 * stamp before it, w or a later one (PTF_E_HOLD), and not one between two stamps: the other thread's next
 * event at this address finds b's mark, and has a stamp that is later than b.
 *
 * What the processor moves around within that is nanoseconds; readers allow for a microsecond.
 *
 * Cost: 1 ns an event of the thread that has the turn, 3 ns when nobody has it, and a clock reading for
 * each event that is stamped.
 */
#ifndef PT_TIMESTAMP_H
#define PT_TIMESTAMP_H

#include "self.h"
#include "page_owner.h"

#define TIMESTAMP_EVERY 64u

/* In a cache line of its own: read at each event, written when threads take turns. */
struct sole_recorder {
	uint64_t
		state; /* atomic: how often it changed << 32 | thread state's number_in_pool; 0 = nobody is sole recorder */
	uint64_t none_since; /* atomic, units of the clock */
} __attribute__((aligned(64)));

extern struct sole_recorder sole_recorder;

PT_INLINE uint64_t sole_recorder_state(void)
{
	return __atomic_load_n(&sole_recorder.state, __ATOMIC_ACQUIRE);
}

PT_INLINE bool sole_recorder_is_none(uint64_t state)
{
	return !(uint32_t)state;
}

PT_INLINE bool sole_recorder_is(const struct self *self, uint64_t state)
{
	return (uint32_t)state == self->number_in_pool;
}

PT_INLINE bool sole_recorder_is_self(const struct self *self)
{
	return sole_recorder_is(self, sole_recorder_state());
}

/* The time of a record, which must have one; may put another record before it. */
uint64_t timestamp_take(struct self *self);

/* The same for an event at this address. */
uint64_t timestamp_event(struct self *self, uint64_t address);

/* True if this thread was the last to touch the page: the event needs no timestamp. */
PT_INLINE bool timestamp_page_is_own(const struct self *self, uint64_t address)
{
	uint64_t state = sole_recorder_state();
	return sole_recorder_is_none(state) &&
	       page_owner_is(page_owner_look(address), page_owner_mark(self, state));
}

/* The time of an event; 0: it needs none. */
PT_INLINE uint64_t timestamp_if_due(struct self *self, uint64_t address)
{
	if ((likely(sole_recorder_is_self(self)) || timestamp_page_is_own(self, address)) &&
	    likely(--self->countdown))
		return 0;
	return timestamp_event(self, address);
}

#endif
