/*
 * A signal handler that forks, at any moment: while the program allocates, frees, or forks itself.
 *
 * promise: no deadlock with ourselves; each child can fork and end.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

enum { N_SIGNALS = 150 };

static volatile sig_atomic_t n_handled, n_failed;

static void run_child(void)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(3);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	n_failed += status != 3 << 8;
}

static void handler(int sig)
{
	int saved_errno = errno;
	(void)sig;
	run_child();
	n_handled++;
	errno = saved_errno;
}

/* A process that sends signals until it is killed, or the target is gone: another may get its number. */
static pid_t start_sender(pid_t target)
{
	pid_t pid = fork();
	while (pid == 0) {
		if (getppid() != target)
			_exit(0);
		kill(target, SIGUSR1);
		usleep(700);
	}
	return pid;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &action, NULL);
	pid_t sender = start_sender(getpid());
	for (size_t i = 0; n_handled < N_SIGNALS; i++) {
		led_free(led_malloc(i % 3000 + 1));
		if (i % 500 == 0)
			run_child();
	}
	kill(sender, SIGKILL);
	while (waitpid(sender, NULL, 0) < 0 && errno == EINTR)
		;
	printf("%d failed\n", (int)n_failed);
	return 0;
}
