/*
 * A timer wheel: every tick sets timers of random length and fires those that are due, so that
 * a few thousand timers of one size are pending and die in no particular order.
 *
 * expect: finding kind=slab function~timer_set
 * expect: only
 * expect.fix: no-finding kind=slab
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include "../pools.h"

#define SPOKES 512
#define TICKS 60000

struct timer {
	struct timer *next;
	void (*fire)(struct timer *);
	unsigned long due, period;
	unsigned owner, flags;
};

#ifdef FIX
SLAB(timer, 48, 1365)
#else
static inline void *timer_get(void) { return malloc(sizeof(struct timer)); }
static inline void timer_put(void *p) { free(p); }
#endif

static struct timer *wheel[SPOKES];
static unsigned long fired;
static unsigned seed = 1;

static unsigned next_random(void)
{
	return seed = seed * 1103515245u + 12345u, seed >> 8;
}

static void count(struct timer *t)
{
	fired += t->owner;
}

static __attribute__((noinline)) void timer_set(unsigned long now, unsigned owner)
{
	struct timer *t = timer_get();
	t->due = now + 1 + next_random() % (SPOKES - 2);
	t->fire = count;
	t->owner = owner;
	t->period = t->flags = 0;
	t->next = wheel[t->due % SPOKES];
	wheel[t->due % SPOKES] = t;
}

static void wheel_turn(unsigned long now)
{
	struct timer *t = wheel[now % SPOKES];
	wheel[now % SPOKES] = NULL;
	while (t) {
		struct timer *next = t->next;
		t->fire(t);
		timer_put(t);
		t = next;
	}
}

int main(void)
{
	for (unsigned long now = 0; now < TICKS; now++) {
		wheel_turn(now);
		for (unsigned i = 0; i < 7; i++)
			timer_set(now, i);
	}
	for (unsigned long now = TICKS; now < TICKS + SPOKES; now++)
		wheel_turn(now);
	printf("%lu\n", fired);
	return 0;
}
