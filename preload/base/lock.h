/*
 * A small futex lock for the slow paths.
 *
 * What is done under it is bounded (no loader, no libc that locks), except that a disk may stand still.  So a
 * waiter waits as long as others get the lock in turn, and as long as its owner runs, waits for the disk or
 * waits for another lock; a minute at most without a change.  It gives up after a second where the owner does
 * none of this: a debugger has stopped it, say.  Its caller drops what it wanted to do; until the owner
 * returns, nobody else waits for it.  Not recursive; the guard keeps signal handlers out.  Lock order: enum
 * lock_rank, outermost first.
 *
 * In a forked child a lock that is held is the lock of a thread that does not exist there: what it
 * protects may be half changed, and must be dropped.
 */
#ifndef PT_LOCK_H
#define PT_LOCK_H

#include "base/raw.h"

enum lock_rank { LOCK_THREADS, LOCK_STACKS, LOCK_DEFS, LOCK_FILE };

struct lock {
	uint32_t word; /* 0 free, 1 held, 2 held and waited for, 3 held and given up on */

	/* Written by the owner; atomic, for those that wait. */
	uint32_t n_taken; /* how often it has been */
	uint32_t owner;   /* thread id */
};

/* The calling thread's id; 0: it was not asked for yet. */
extern __thread uint32_t lock_tid __attribute__((tls_model("initial-exec")));

#ifdef PT_FAULT
void lock_fault_taken(void);
#else
#define lock_fault_taken() ((void)0)
#endif

bool lock_take_slow(struct lock *l);

static inline void lock_taken(struct lock *l)
{
	if (unlikely(!lock_tid))
		lock_tid = raw_tid();
	__atomic_store_n(&l->n_taken, l->n_taken + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&l->owner, lock_tid, __ATOMIC_RELAXED);
	lock_fault_taken();
}

static inline bool lock_take(struct lock *l)
{
	uint32_t expected = 0;
	if (likely(__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
	                                       __ATOMIC_RELAXED))) {
		lock_taken(l);
		return true;
	}
	return lock_take_slow(l);
}

static inline void lock_release(struct lock *l)
{
	if (unlikely(__atomic_exchange_n(&l->word, 0, __ATOMIC_RELEASE) >= 2))
		raw_futex_wake(&l->word, 1);
}

/* In a forked child: makes it free; was it held? */
static inline bool lock_forget(struct lock *l)
{
	bool held = l->word != 0;
	l->word = 0;
	lock_tid = 0;
	return held;
}

#endif
