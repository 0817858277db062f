/*
 * Eight named threads, each with 5,000 blocks of its own sizes; all give everything back.
 *
 * ldflags: -pthread
 * expect: site function=work_step allocs=40000 frees=40000 live=0 live_blocks=0
 * expect: health lost_events=0 unmatched_frees=0
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

static NOINLINE void *work_step(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return keep(malloc(16 + (*seed >> 16) % 500));
}

static void *worker(void *arg)
{
	unsigned seed = (unsigned)(size_t)arg;
	void *held[32] = {0};
	char name[16];

	snprintf(name, sizeof(name), "worker-%u", seed);
	pthread_setname_np(pthread_self(), name);
	for (int i = 0; i < 5000; i++) {
		free(held[i % 32]);
		held[i % 32] = work_step(&seed);
	}
	for (int i = 0; i < 32; i++)
		free(held[i]);
	return NULL;
}

int main(void)
{
	pthread_t t[8];

	for (size_t i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, worker, (void *)i);
	for (size_t i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	puts("done");
	return 0;
}
