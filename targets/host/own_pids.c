/*
 * Makes children in PID namespaces of their own, where each is process 1, by clone and by fork after
 * unshare; started as process 1, the parent has the same number.
 *
 * promise: each has a trace of its own; none writes into the trace of another process.
 * cflags: -D_GNU_SOURCE
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void work(int n)
{
	for (int i = 0; i < n; i++) {
		char *volatile p = malloc(10 + (size_t)i % 500);
		p[0] = 1;
		free(p);
	}
}

static int wait_for(long pid)
{
	int status = 0;
	waitpid((pid_t)pid, &status, 0);
	return WEXITSTATUS(status);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	work(100);
	long pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		work(200);
		_exit(3);
	}
	printf("cloned child ended with %d\n", wait_for(pid));
	work(100);
	if (unshare(CLONE_NEWPID) != 0)
		return 77;
	pid = fork();
	if (pid == 0) {
		work(400);
		exit(4);
	}
	printf("forked child ended with %d\n", wait_for(pid));
	/* Leaves by _exit without an event of its own. */
	if (syscall(SYS_fork) == 0)
		_exit(5);
	work(100);
	return 0;
}
