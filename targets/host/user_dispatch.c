/*
 * Has system calls from everywhere turned into signals, as programs do that run code of another system; allocates at the same time.
 *
 * usage: user_dispatch
 * promise: no system call of the recorder is among the signals; recording ends before, and says so.
 * cflags: -D_GNU_SOURCE
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "ledger.h"

#define USER_DISPATCH 59 /* PR_SET_SYSCALL_USER_DISPATCH, not in every header */

static volatile char blocked;
static volatile int n_caught;

static void caught(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	blocked = 0;
	n_caught++;
}

int main(void)
{
	struct sigaction on_call = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
	sigaction(SIGSYS, &on_call, NULL);
	led_free(led_malloc(10));
	void *first = malloc(100000); /* the C library has got its memory */
	free(first);

	if (prctl(USER_DISPATCH, 1, 0, 0, &blocked) != 0)
		return 77;
	for (size_t i = 0; i < 200000; i++) {
		blocked = 1;
		void *volatile p = malloc(i % 300 + 1);
		free(p);
		blocked = 0;
	}
	printf("%d system calls\n", n_caught);
	return 0;
}
