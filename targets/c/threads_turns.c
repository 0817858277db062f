/*
 * Four threads free each other's blocks and are given each other's addresses at once (one arena, sizes
 * beyond the per-thread caches), now in long runs of one thread, now in turns, with pauses between.
 * In whatever order that was recorded, each block must be found freed before its address comes again.
 *
 * ldflags: -pthread
 * expect: site function=put allocs=80000 frees=80000 live=0 peak_blocks<=8
 * expect: health lost_events=0 unmatched_frees=0
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "target.h"

enum { N_THREADS = 4, N_STEPS = 20000, N_SLOTS = 8 };

static void *slot[N_SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static NOINLINE void put(uint32_t i)
{
	free(slot[i]);
	slot[i] = keep(malloc(2000 + 16 * i));
}

/* 1 to 400 steps, with pauses that last up to 100 us, or none. */
static void run_of_steps(uint32_t *state, int *left)
{
	uint32_t n = 1 + next_random(state) % (next_random(state) % 4 ? 8 : 400);
	for (; n && *left; n--, --*left) {
		pthread_mutex_lock(&lock);
		put(next_random(state) % N_SLOTS);
		pthread_mutex_unlock(&lock);
	}
	uint32_t pause_us = next_random(state) % 8 ? 0 : next_random(state) % 100;
	if (pause_us)
		nanosleep(&(struct timespec){0, pause_us * 1000}, NULL);
}

static void *work(void *seed)
{
	uint32_t state = (uint32_t)(uintptr_t)seed;
	for (int left = N_STEPS; left;)
		run_of_steps(&state, &left);
	return NULL;
}

int main(void)
{
	pthread_t thread[N_THREADS];
	mallopt(M_ARENA_MAX, 1);
	for (uintptr_t i = 0; i < N_THREADS; i++)
		pthread_create(&thread[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < N_SLOTS; i++)
		free(slot[i]);
	puts("done");
	return 0;
}
