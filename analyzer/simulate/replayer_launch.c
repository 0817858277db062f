/* See launched.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simulate/launched.h"

int replayer_launch(char **argv);

static volatile pid_t launched_pid;
static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGCONT, SIGWINCH, SIGALRM};
#define N_FORWARDED (sizeof forwarded / sizeof *forwarded)

/* What the terminal sends reaches the program without us. */
static void forward_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (launched_pid > 0 && info->si_code != SI_KERNEL)
		kill(launched_pid, sig);
}

static uint64_t launch_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool tell(int fd, const struct launched *l)
{
	return pwrite(fd, l, sizeof *l, 0) == (ssize_t)sizeof *l;
}

/* In the new process: the program, or why not. */
static void become_program(int fd, char **argv, const sigset_t *mask)
{
	struct launched failed = {.pid = getpid()};

	sigprocmask(SIG_SETMASK, mask, NULL);
	for (; argv[0] && strcmp(argv[0], "--") != 0; argv++)
		putenv(argv[0]);
	if (argv[0] && argv[1] && argv[2])
		execv(argv[1], argv + 2);
	failed.exec_errno = errno;
	tell(fd, &failed);
	_exit(127);
}

/* argv: the descriptor's number, settings NAME=VALUE for the program alone, --, its path, then its arguments
 * from argv[0] on.  0 or 1. */
int replayer_launch(char **argv)
{
	int fd = atoi(argv[0]);
	struct sigaction act = {.sa_sigaction = forward_signal,
	                        .sa_flags = SA_SIGINFO | SA_RESTART};
	struct launched l = {0};
	sigset_t all, mask;

	if (fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return 1;
	uint64_t start_ns = launch_now_ns();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	l.pid = fork();
	if (l.pid == 0)
		become_program(fd, argv + 1, &mask);
	if (l.pid < 0)
		return 1;
	launched_pid = l.pid;
	for (unsigned i = 0; i < N_FORWARDED; i++)
		sigaction(forwarded[i], &act, NULL);
	pwrite(fd, &l.pid, sizeof l.pid, 0);
	sigprocmask(SIG_SETMASK, &mask, NULL);

	while (wait4(l.pid, &l.wait_status, 0, &l.used) < 0)
		if (errno != EINTR)
			return 1;
	l.wall_ns = launch_now_ns() - start_ns;
	pread(fd, &l.exec_errno, sizeof l.exec_errno, sizeof l.pid);
	l.has_ended = 1;
	return !tell(fd, &l);
}
