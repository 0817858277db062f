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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

enum { N_PAIRS = 1, N_BLOCKS = 1000000, N_SLOTS = 1024 };

struct ring {
	_Atomic(void *) slot[N_SLOTS];
};

static struct ring rings[N_PAIRS];

static NOINLINE void *put(void)
{
	return keep(malloc(64));
}

static void *allocate(void *arg)
{
	struct ring *ring = arg;
	for (long i = 0; i < N_BLOCKS; i++) {
		while (atomic_load(&ring->slot[i % N_SLOTS]))
			sched_yield();
		atomic_store(&ring->slot[i % N_SLOTS], put());
	}
	return NULL;
}

static void *release(void *arg)
{
	struct ring *ring = arg;
	for (long i = 0; i < N_BLOCKS; i++) {
		void *p;
		while (!(p = atomic_exchange(&ring->slot[i % N_SLOTS], NULL)))
			sched_yield();
		free(p);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[2 * N_PAIRS];
	for (int i = 0; i < 2 * N_PAIRS; i++)
		pthread_create(&thread[i], NULL, i % 2 ? release : allocate, &rings[i / 2]);
	for (int i = 0; i < 2 * N_PAIRS; i++)
		pthread_join(thread[i], NULL);
	puts("done");
	return 0;
}
