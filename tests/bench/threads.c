/*
 * Threads that allocate blocks of random sizes with random lifetimes, or hand them on.
 *
 *     threads N PAIRS random [LIVE [PAST]]   each keeps LIVE / N blocks live, 100000 / N if not given;
 *                                            PAST threads have come and gone before
 *     threads N PAIRS handoff                pairs of threads: one allocates, the other frees
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING 1024

static long n_pairs, n_blocks = 100000, n_past;
static int n_threads;

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void *random_lifetimes(void *seed)
{
	uint32_t state = (uint32_t)(uintptr_t)seed * 2654435761u + 1;
	uint32_t n_live = (uint32_t)(n_blocks / n_threads);
	void **blocks = calloc(n_live, sizeof *blocks);
	for (long i = 0; i < n_pairs / n_threads; i++) {
		void **block = &blocks[next_random(&state) % n_live];
		free(*block);
		*block = malloc(1 + next_random(&state) % 1000);
	}
	for (uint32_t i = 0; i < n_live; i++)
		free(blocks[i]);
	free(blocks);
	return NULL;
}

struct ring {
	_Atomic(void *) slot[RING];
};

static void *allocate(void *arg)
{
	struct ring *ring = arg;
	for (long i = 0; i < n_pairs / n_threads * 2; i++) {
		while (atomic_load(&ring->slot[i % RING]))
			sched_yield();
		atomic_store(&ring->slot[i % RING], malloc(64));
	}
	return NULL;
}

static void *release(void *arg)
{
	struct ring *ring = arg;
	for (long i = 0; i < n_pairs / n_threads * 2; i++) {
		void *p;
		while (!(p = atomic_exchange(&ring->slot[i % RING], NULL)))
			sched_yield();
		free(p);
	}
	return NULL;
}

static void *come_and_go(void *arg)
{
	free(malloc(64));
	return arg;
}

static void let_past_threads_be(void)
{
	pthread_t thread;
	for (long i = 0; i < n_past; i++)
		if (pthread_create(&thread, NULL, come_and_go, NULL) == 0)
			pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	pthread_t thread[256];
	if (argc < 4 || argc > 6 || (n_threads = atoi(argv[1])) < 1 || n_threads > 256)
		return 2;
	n_pairs = atol(argv[2]);
	if (argc > 4)
		n_blocks = atol(argv[4]);
	if (argc > 5)
		n_past = atol(argv[5]);
	if (n_blocks < n_threads)
		return 2;
	let_past_threads_be();
	int handoff = strcmp(argv[3], "handoff") == 0;
	struct ring *rings = calloc((size_t)n_threads, sizeof *rings);
	for (int i = 0; i < n_threads; i++)
		pthread_create(&thread[i], NULL,
		               !handoff ? random_lifetimes
		               : i % 2  ? release
		                        : allocate,
		               handoff ? (void *)&rings[i / 2] : (void *)(uintptr_t)(i + 1));
	for (int i = 0; i < n_threads; i++)
		pthread_join(thread[i], NULL);
	free(rings);
	puts("done");
	return 0;
}
