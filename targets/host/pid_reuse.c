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

enum { WANTED_PID = 31999 };

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int round = 0; round < 2; round++) {
		pid_t wanted = WANTED_PID;
		struct clone_args args = {
			.exit_signal = SIGCHLD,
			.set_tid = (uintptr_t)&wanted,
			.set_tid_size = 1,
		};
		long pid = syscall(SYS_clone3, &args, sizeof args);
		if (pid == 0) {
			for (size_t i = 0; i < 10; i++)
				led_malloc(100 + (size_t)round);
			_exit(0);
		}
		if (pid < 0) {
			printf("cannot choose a pid here\n");
			return 77;
		}
		int status;
		waitpid((pid_t)pid, &status, 0);
		printf("round %d: pid %ld, status %d\n", round, pid, status);
	}
	return 0;
}
