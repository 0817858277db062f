/*
 * A small futex lock for the slow paths.
 *
 * What is done under it is bounded (no loader, no libc that locks), so waiting is bounded too; a
 * waiter nevertheless gives up after a second (the owner may have been killed by a debugger, or be a
 * thread that a raw fork left behind) and its caller drops what it wanted to do.  Not recursive; the
 * guard keeps signal handlers out.  Lock order: enum lock_rank, outermost first.
 */
#ifndef PT_LOCK_H
#define PT_LOCK_H

#include "raw.h"

enum lock_rank { LOCK_THREADS, LOCK_UNWIND, LOCK_STACKS, LOCK_DEFS, LOCK_FILE };

struct lock {
	uint32_t word; /* 0 free, 1 held, 2 held and waited for */
};

bool lock_take_slow(struct lock *l);

static inline bool lock_take(struct lock *l)
{
	uint32_t expected = 0;
	if (likely(__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
	                                       __ATOMIC_RELAXED)))
		return true;
	return lock_take_slow(l);
}

static inline void lock_release(struct lock *l)
{
	if (unlikely(__atomic_exchange_n(&l->word, 0, __ATOMIC_RELEASE) == 2))
		raw_futex_wake(&l->word, 1);
}

#endif
