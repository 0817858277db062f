/*
 * How long the library's lock is waited for: while its owner comes and goes, and when it does not come
 * back.
 */
#include "unit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"

enum { PENDING_CLASS_US = 50, GREEDY_NS = 300000000 };

static struct lock lock;

/* What a waiter sees of an owner that takes the lock again before the waiter has woken up. */
static void give_back_and_take_again(void)
{
	__atomic_store_n(&lock.word, 1, __ATOMIC_RELEASE);
	raw_futex_wake(&lock.word, 1);
}

static void *come_and_go(void *unused)
{
	uint64_t begun_ns = clock_mono_ns();
	while (clock_mono_ns() - begun_ns < GREEDY_NS) {
		usleep(PENDING_CLASS_US);
		give_back_and_take_again();
	}
	lock_release(&lock);
	return unused;
}

TEST("lock: nobody gives up on an owner that comes and goes")
{
	pthread_t thread;
	CHECK(lock_take(&lock));
	CHECK_CMP(pthread_create(&thread, NULL, come_and_go, NULL), ==, 0);
	bool taken = lock_take(&lock);
	pthread_join(thread, NULL);
	CHECK(taken);
	lock_release(&lock);
}

TEST("lock: an owner that does not come back is waited for once, for a second")
{
	uint64_t begun_ns = clock_mono_ns();
	CHECK(lock_take(&lock));
	CHECK(!lock_take(&lock));
	CHECK_CMP(clock_mono_ns() - begun_ns, >=, 900000000u);
	CHECK_EQ(lock.word, 3);
	CHECK(!lock_take(&lock));
	lock_release(&lock);
	CHECK(lock_take(&lock));
	lock_release(&lock);
}
