/*
 * Waiting for a struct lock: a short spin, then futex sleeps, at most a second in all; no
 * sleep where somebody has waited in vain before.
 */
#include "lock.h"

#define LOCK_SPINS 100
#define LOCK_WAITS 20
#define LOCK_WAIT_NS 50000000u

bool lock_take_slow(struct lock *l)
{
	for (int i = 0; i < LOCK_SPINS; i++) {
		uint32_t expected = 0;
		if (__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
		                                __ATOMIC_RELAXED))
			return true;
		__builtin_ia32_pause();
	}
	for (int i = 0; i < LOCK_WAITS && __atomic_load_n(&l->word, __ATOMIC_RELAXED) != 3; i++) {
		if (__atomic_exchange_n(&l->word, 2, __ATOMIC_ACQUIRE) == 0) {
			lock_fault_taken();
			return true;
		}
		raw_futex_wait(&l->word, 2, LOCK_WAIT_NS);
	}
	uint32_t waited_for = 2;
	__atomic_compare_exchange_n(&l->word, &waited_for, 3, false, __ATOMIC_RELAXED,
	                            __ATOMIC_RELAXED);
	return false;
}
