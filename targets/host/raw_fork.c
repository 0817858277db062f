/*
 * Makes children behind the C library's back, so that no fork handler runs: the system calls fork
 * and clone, and _Fork.
 *
 * promise: the child notices that it is one before it writes; the parent's trace has only the
 * parent's events, the child's events are in its own.
 * cflags: -D_GNU_SOURCE
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

static pid_t fork_by(int how)
{
	if (how == 0)
		return (pid_t)syscall(SYS_fork);
	if (how == 1)
		return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	return _Fork();
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int how = 0; how < 3; how++) {
		void *inherited = led_malloc(5000);
		pid_t pid = fork_by(how);
		if (pid == 0) {
			led_free(inherited);
			for (size_t i = 1; i <= 300; i++)
				led_free(led_malloc(i));
			_exit(how);
		}
		for (size_t i = 1; i <= 300; i++)
			led_free(led_malloc(2 * i));
		int status;
		waitpid(pid, &status, 0);
		led_free(inherited);
		printf("child %d ended with %d\n", how, WEXITSTATUS(status));
	}
	return 0;
}
