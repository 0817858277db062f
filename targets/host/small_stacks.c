/*
 * Threads with the smallest stack that there is, 16 KiB, that use a good part of it themselves.
 *
 * promise: a hook needs little stack; nothing overflows.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

__attribute__((noinline)) static void *descend(int depth)
{
	volatile char room[64];
	room[0] = (char)depth;
	if (depth == 0)
		return led_malloc(333);
	void *p = descend(depth - 1);
	room[1] = room[0];
	return p;
}

static void *thread_main(void *arg)
{
	for (int i = 0; i < 40; i++) {
		void *p = descend(i);
		p = led_realloc(p, 5000);
		led_free(p);
	}
	return arg;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	if (pthread_attr_setstacksize(&attr, 16384) != 0)
		return 1;
	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		if (pthread_create(&thread, &attr, thread_main, NULL) != 0)
			return 1;
		pthread_join(thread, NULL);
	}
	printf("20 threads on 16 KiB\n");
	return 0;
}
