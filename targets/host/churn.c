/*
 * The plain workload of the host tests: a fixed pseudo-random mix of the allocation calls over a
 * window of live blocks, from stacks of changing depth, in one or more threads.
 *
 * usage: churn THREADS OPERATIONS    (per thread; 0: until killed)
 * promise: whatever happens around it, each operation is in the trace.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#define LEDGER_ENTRIES 4194304
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

enum { WINDOW = 500, MAX_THREADS = 16 };

struct work {
	unsigned seed;
	long n_operations;
	unsigned long sum;
	void *block[WINDOW];
};

static unsigned next_random(struct work *w)
{
	w->seed = w->seed * 1664525u + 1013904223u;
	return w->seed >> 8;
}

__attribute__((noinline)) static void change_block(struct work *w, void **block)
{
	unsigned r = next_random(w);
	size_t size = 1 + r % 1000;
	switch ((r >> 12) % 6) {
	case 0:
		led_free(*block);
		*block = led_calloc(size, 2);
		break;
	case 1:
		*block = led_realloc(*block, size * 3);
		break;
	case 2:
		led_free(*block);
		*block = led_aligned(64, size);
		break;
	default:
		led_free(*block);
		*block = led_malloc(size);
	}
	w->sum += size;
}

__attribute__((noinline)) static void descend(struct work *w, void **block, unsigned depth)
{
	if (depth)
		descend(w, block, depth - 1);
	else
		change_block(w, block);
	__asm__ __volatile__("");
}

static void *run(void *arg)
{
	struct work *w = arg;
	for (long i = 0; i != w->n_operations; i++)
		descend(w, &w->block[next_random(w) % WINDOW], next_random(w) % 16);
	for (int i = 0; i < WINDOW; i++)
		led_free(w->block[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct work work[MAX_THREADS];
	pthread_t thread[MAX_THREADS];
	int n_threads = argc > 1 ? atoi(argv[1]) : 1;
	long n_operations = argc > 2 ? atol(argv[2]) : 20000;
	if (n_threads < 1 || n_threads > MAX_THREADS)
		return 2;
	for (int i = 0; i < n_threads; i++)
		work[i] = (struct work){.seed = (unsigned)i + 1, .n_operations = n_operations ? n_operations : -1};
	for (int i = 1; i < n_threads; i++)
		pthread_create(&thread[i], NULL, run, &work[i]);
	run(&work[0]);
	unsigned long sum = work[0].sum;
	for (int i = 1; i < n_threads; i++) {
		pthread_join(thread[i], NULL);
		sum += work[i].sum;
	}
	printf("%d threads, %lu bytes\n", n_threads, sum);
	return 0;
}
