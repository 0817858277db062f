/*
 * Threads are cancelled, by deferred cancellation, between allocations; their clean-up handlers
 * free what they held.
 *
 * promise: cancellation unwinds as without us; the clean-up's frees are recorded.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static int n_cleaned;

static void clean_up(void *arg)
{
	led_free(*(void **)arg);
	__atomic_add_fetch(&n_cleaned, 1, __ATOMIC_RELAXED);
}

static void *thread_main(void *arg)
{
	void *held = led_malloc(700);
	pthread_cleanup_push(clean_up, &held);
	for (;;) {
		held = led_realloc(held, 800);
		pthread_testcancel();
		usleep(10);
	}
	pthread_cleanup_pop(1);
	return arg;
}

int main(void)
{
	int n_cancelled = 0;
	for (int i = 0; i < 50; i++) {
		pthread_t thread;
		void *result;
		pthread_create(&thread, NULL, thread_main, NULL);
		usleep(200);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		n_cancelled += result == PTHREAD_CANCELED;
	}
	printf("%d cancelled, %d cleaned up\n", n_cancelled, n_cleaned);
	return 0;
}
