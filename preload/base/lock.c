/*
 * Waiting for a struct lock: a short spin, then futex sleeps, at most a second in all; no
 * sleep where somebody has waited in vain before.
 *
 * Time is counted, not sleeps: an owner that comes back at once wakes us again and again for nothing.
 * A sleep counts as what it was to last at most, so that a process that was stopped has time left.
 */
#include "base/clock.h"
#include "lock.h"

#define LOCK_SPINS 100
#define LOCK_WAIT_NS 1000000000u
#define LOCK_SLEEP_NS 50000000u

/* How long that was. */
static uint64_t lock_sleep(struct lock *l)
{
	uint64_t begun_ns = clock_mono_ns();
	raw_futex_wait(&l->word, 2, LOCK_SLEEP_NS);
	return pt_min(clock_mono_ns() - begun_ns, (uint64_t)LOCK_SLEEP_NS);
}

bool lock_take_slow(struct lock *l)
{
	for (int i = 0; i < LOCK_SPINS; i++) {
		uint32_t expected = 0;
		if (__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
		                                __ATOMIC_RELAXED))
			return true;
		__builtin_ia32_pause();
	}
	uint64_t waited_ns = 0;
	while (waited_ns < LOCK_WAIT_NS && __atomic_load_n(&l->word, __ATOMIC_RELAXED) != 3) {
		if (__atomic_exchange_n(&l->word, 2, __ATOMIC_ACQUIRE) == 0) {
			lock_fault_taken();
			return true;
		}
		waited_ns += lock_sleep(l);
	}
	uint32_t waited_for = 2;
	__atomic_compare_exchange_n(&l->word, &waited_for, 3, false, __ATOMIC_RELAXED,
	                            __ATOMIC_RELAXED);
	return false;
}
