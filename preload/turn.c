/* See turn.h. */
#include "turn.h"

#include "clock.h"
#include "stream.h"

/* Units of the clock: 16 ticks, or 16 ns. */
#define TURN_SHORT 4096u     /* some 30 us: who loses the turn sooner shares it with the others */
#define TURN_NOBODYS 131072u /* about a millisecond: so long they share it */
#define TURN_PAUSE 32768u    /* some 200 us between two stamps */
#define TURN_AFTER_PAUSE 256u

struct turn turn_now;

static struct self *turn_whose(void)
{
	return __atomic_load_n(&turn_now.whose, __ATOMIC_RELAXED);
}

static void turn_leave_to_nobody(uint64_t now)
{
	__atomic_store_n(&turn_now.nobody_since, now, __ATOMIC_RELAXED);
	(void)__atomic_exchange_n(&turn_now.whose, NULL, __ATOMIC_SEQ_CST);
}

static uint64_t turn_take(struct self *self)
{
	(void)__atomic_exchange_n(&turn_now.whose, self, __ATOMIC_SEQ_CST);
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
static uint64_t turn_decide(struct self *self, const struct self *whose, uint64_t now)
{
	if (!whose &&
	    now - __atomic_load_n(&turn_now.nobody_since, __ATOMIC_RELAXED) < TURN_NOBODYS)
		return now;
	if (!whose || now - self->turn_since >= TURN_SHORT)
		return turn_take(self);
	turn_leave_to_nobody(now);
	return now;
}

/*
 * Where a program waits between two events nobody could tell from the stamps around them.  One that has
 * waited a moment ago does so again, and has few events: each gets a time.
 */
PT_INLINE void turn_stamped(struct self *self, uint64_t now)
{
	if (unlikely(now - self->stamped_at > TURN_PAUSE))
		self->n_dense = TURN_AFTER_PAUSE;
	self->stamped_at = now;
	self->n_dense -= self->n_dense != 0;
	self->stamp_every = self->n_dense ? 1 : TURN_STAMP_EVERY;
	self->countdown = self->stamp_every;
}

PT_HOT uint64_t turn_stamp(struct self *self)
{
	struct self *whose = turn_whose();
	uint64_t now = clock_units();
	bool changed = turn_whose() != whose;
	if (unlikely(changed || whose != self)) {
		now = changed ? turn_take(self) : turn_decide(self, whose, now);
		if (self->countdown != self->stamp_every)
			turn_say(self, now);
	}
	turn_stamped(self, now);
	return now;
}
