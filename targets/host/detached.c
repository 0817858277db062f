/*
 * Returns from main while detached threads go on allocating.
 *
 * promise: the process ends as it would; what the threads did is there up to the end.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#define LEDGER_ENTRIES 1048576
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static unsigned n_started;

static void *thread_main(void *arg)
{
	__atomic_add_fetch(&n_started, 1, __ATOMIC_RELAXED);
	for (size_t i = 0;; i++)
		led_free(led_malloc(i % 100 + 1));
	return arg;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 4; i++) {
		pthread_t thread;
		pthread_create(&thread, &attr, thread_main, NULL);
	}
	while (__atomic_load_n(&n_started, __ATOMIC_RELAXED) < 4)
		usleep(100);
	usleep(2000);
	printf("leaving\n");
	return 0;
}
