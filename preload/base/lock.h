/*
 * A small futex lock for the slow paths.
 *
 * What is done under it is bounded (no loader, no libc that locks), except that a disk may stand still.  So a
 * waiter waits as long as others get the lock in turn, and as long as its owner runs, waits for the disk or
 * waits for another lock; a minute at most without a change.  It gives up after a second where the owner does
 * none of this: a debugger has stopped it, say.  Its caller drops what it wanted to do; until the owner
 * returns, nobody else waits for it.  Not recursive; the guard keeps signal handlers out.  Each lock has a rank: a
 * thread that holds one takes only locks of higher ranks, which a debug build asserts.  The fork handlers take all
 * of them in that order.
 *
 * In a forked child a lock that is held is the lock of a thread that does not exist there: what it
 * protects may be half changed, and must be dropped.
 */
#ifndef PT_LOCK_H
#define PT_LOCK_H

#include "base/debug.h"
#include "base/raw.h"

/* Outermost first. */
enum lock_rank {
	LOCK_UNRANKED, /* of a lock that was not given one: asserted, too */
	LOCK_PYTHON_START,
	LOCK_THREADS,
	LOCK_BOUND_METHODS,
	LOCK_CODES,
	LOCK_TYPES,
	LOCK_WATCHED_BLOCKS,
	LOCK_IDS, /* of an id_table, of which a thread never holds two */
	LOCK_STACKS,
	LOCK_RULES,
	LOCK_MODULES,
	LOCK_DEFINITIONS,
	LOCK_FILE,
	LOCK_ARENA,
	N_LOCK_RANKS
};

struct lock {
	uint32_t word; /* 0 free, 1 held, 2 held and waited for, 3 held and given up on */

	/* Written by the owner; atomic, for those that wait. */
	uint32_t n_taken; /* how often it has been */
	uint32_t owner;   /* thread id */

	enum lock_rank rank;
};

/* A lock that the fork handlers take, too.  The linker collects them: a pointer to each is in the section
 * "locks". */
#define LOCK_DEFINE(name, rank_)                   \
	static struct lock name = {.rank = rank_}; \
	static struct lock *const name##_entry __attribute__((used, section("locks"))) = &name

/* Takes all locks in the order of their ranks; false: none is taken, since one could not be. */
bool lock_take_all(void);
void lock_release_all(void);

/* The calling thread's id; 0: it was not asked for yet. */
extern __thread uint32_t lock_tid __attribute__((tls_model("initial-exec")));

#ifdef PT_FAULT
void lock_fault_taken(void);
#else
#define lock_fault_taken() ((void)0)
#endif

bool lock_take_slow(struct lock *l);

#ifdef PT_DEBUG
/* Ranks of the locks that the calling thread holds, as bits. */
extern __thread uint32_t lock_held __attribute__((tls_model("initial-exec")));
#define lock_held_add(l) (lock_held |= 1u << (l)->rank)
#define lock_held_remove(l) (lock_held &= ~(1u << (l)->rank))
#else
#define lock_held_add(l) ((void)0)
#define lock_held_remove(l) ((void)0)
#endif

static inline void lock_taken(struct lock *l)
{
	lock_held_add(l);
	if (unlikely(!lock_tid))
		lock_tid = raw_tid();
	__atomic_store_n(&l->n_taken, l->n_taken + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&l->owner, lock_tid, __ATOMIC_RELAXED);
	lock_fault_taken();
}

static inline bool lock_take(struct lock *l)
{
	uint32_t expected = 0;
	pt_assert(l->rank != LOCK_UNRANKED && lock_held >> l->rank == 0);
	if (likely(__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
	                                       __ATOMIC_RELAXED))) {
		lock_taken(l);
		return true;
	}
	return lock_take_slow(l);
}

static inline void lock_release(struct lock *l)
{
	lock_held_remove(l);
	if (unlikely(__atomic_exchange_n(&l->word, 0, __ATOMIC_RELEASE) >= 2))
		raw_futex_wake(&l->word, 1);
}

/* In a forked child: makes it free; was it held? */
static inline bool lock_forget(struct lock *l)
{
	bool held = l->word != 0;
	lock_held_remove(l);
	l->word = 0;
	lock_tid = 0;
	return held;
}

#endif
