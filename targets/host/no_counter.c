/*
 * Forbids itself to read the time stamp counter, which then raises SIGSEGV, and allocates in two threads.
 *
 * usage: no_counter prctl|syscall
 * promise: we do not read it any more, and times go on.
 * cflags: -D_GNU_SOURCE
 * ldflags: -pthread
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "ledger.h"

static void *churn(void *unused)
{
	for (size_t i = 0; i < 20000; i++)
		led_free(led_malloc(i % 700 + 1));
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	churn(NULL);
	int r = argc > 1 && !strcmp(argv[1], "syscall")
	                ? (int)syscall(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0)
	                : prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
	if (r != 0)
		return 77;
	pthread_create(&thread, NULL, churn, NULL);
	churn(NULL);
	pthread_join(thread, NULL);
	prctl(PR_GET_TSC, &r, 0, 0, 0);
	printf("done without a counter: %d\n", r);
	return 0;
}
