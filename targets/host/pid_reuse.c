/*
 * Two children, one after the other, with the same pid (asked for with clone3), as happens by
 * itself on a busy machine.
 *
 * promise: the second child's trace does not replace the first one's.
 * cflags: -D_GNU_SOURCE
 */
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

enum { FIRST_PID = 31999, N_TRIES = 100 };

/* Forks a child with that pid; -1: the pid is taken. */
static long fork_as(pid_t wanted)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	return syscall(SYS_clone3, &args, sizeof args);
}

static void work(int round)
{
	for (size_t i = 0; i < 10; i++)
		led_malloc(100 + (size_t)round);
	_exit(0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	pid_t wanted = FIRST_PID;
	for (int round = 0; round < 2; round++) {
		long pid = fork_as(wanted);
		while (pid < 0 && round == 0 && wanted > FIRST_PID - N_TRIES)
			pid = fork_as(--wanted);
		if (pid == 0)
			work(round);
		if (pid < 0) {
			printf("cannot choose a pid here\n");
			return 77;
		}
		int status;
		waitpid((pid_t)pid, &status, 0);
		printf("round %d: status %d\n", round, status);
	}
	return 0;
}
