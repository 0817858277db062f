/*
 * One thread allocates, another frees, through a ring without a lock, so that pages change hands between any
 * two events.  However few of these had a time, each block must be found freed after it was allocated, and
 * before its address comes again.
 *
 * ldflags: -pthread
 * expect: site function=put allocs=1000000 frees=1000000 live=0
 * expect: health lost_events=0 unmatched_frees=0 double_allocs=0
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

enum { N_BLOCKS = 1000000, N_SLOTS = 1024 };

static _Atomic(void *) slot[N_SLOTS];

static NOINLINE void *put(void)
{
	return keep(malloc(64));
}

static void *allocate(void *unused)
{
	(void)unused;
	for (long i = 0; i < N_BLOCKS; i++) {
		while (atomic_load(&slot[i % N_SLOTS]))
			sched_yield();
		atomic_store(&slot[i % N_SLOTS], put());
	}
	return NULL;
}

static void *release(void *unused)
{
	(void)unused;
	for (long i = 0; i < N_BLOCKS; i++) {
		void *p;
		while (!(p = atomic_exchange(&slot[i % N_SLOTS], NULL)))
			sched_yield();
		free(p);
	}
	return NULL;
}

int main(void)
{
	pthread_t allocator, releaser;
	pthread_create(&allocator, NULL, allocate, NULL);
	pthread_create(&releaser, NULL, release, NULL);
	pthread_join(allocator, NULL);
	pthread_join(releaser, NULL);
	puts("done");
	return 0;
}
