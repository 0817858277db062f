/*
 * Becomes another program, from a second thread and while a third one allocates, three times over;
 * the pid stays the same all the time.
 *
 * usage: exec_chain [ROUNDS LEFT]
 * promise: each program has a trace of its own, none replaces another; nothing before exec is lost.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static char *self;
static int rounds;

static void *busy(void *arg)
{
	for (;;) {
		led_free(led_malloc(100));
		usleep(20);
	}
	return arg;
}

static void *exec_here(void *arg)
{
	char left[16];
	snprintf(left, sizeof left, "%d", rounds - 1);
	led_malloc(500);
	execl(self, self, left, NULL);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread[2];
	self = argv[0];
	rounds = argc > 1 ? atoi(argv[1]) : 3;
	for (size_t i = 1; i <= 300; i++)
		led_malloc(i);
	printf("round %d\n", rounds);
	fflush(stdout);
	if (rounds == 0)
		return 6;
	pthread_create(&thread[0], NULL, busy, NULL);
	pthread_create(&thread[1], NULL, exec_here, NULL);
	pthread_join(thread[0], NULL);
	return 1;
}
