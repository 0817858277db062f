/* See launch.h. */
#include "cmd/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/stopwatch.h"
#include "util/error.h"
#include "util/mem.h"

/* ---- the program ---- */

static bool is_program(const char *path)
{
	struct stat st;
	if (access(path, X_OK) < 0 || stat(path, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		return true;
	errno = EACCES;
	return false;
}

char *launch_find(const char *name)
{
	const char *path = getenv("PATH");
	bool denied = false;

	if (strchr(name, '/'))
		return is_program(name) ? mem_strdup(name) : NULL;
	char *copy = mem_strdup(path ? path : "/bin:/usr/bin"), *rest = copy, *dir, *found = NULL;
	while (!found && (dir = strsep(&rest, ":")) != NULL) {
		char *candidate = mem_printf("%s/%s", *dir ? dir : ".", name);
		if (is_program(candidate)) {
			found = candidate;
		} else {
			denied = denied || errno == EACCES;
			free(candidate);
		}
	}

	free(copy);
	if (!found)
		errno = denied ? EACCES : ENOENT;
	return found;
}

/* ---- signals ---- */

static volatile pid_t forward_to;
static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGCONT, SIGWINCH, SIGALRM};
#define N_FORWARDED (sizeof forwarded / sizeof *forwarded)

/* What the terminal sends reaches the program without us. */
static void forward(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (forward_to > 0 && info->si_code != SI_KERNEL)
		kill(forward_to, sig);
}

static void signals_catch(struct sigaction *saved)
{
	struct sigaction sa = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
	for (unsigned i = 0; i < N_FORWARDED; i++)
		sigaction(forwarded[i], &sa, &saved[i]);
}

static void signals_restore(const struct sigaction *saved)
{
	for (unsigned i = 0; i < N_FORWARDED; i++)
		sigaction(forwarded[i], &saved[i], NULL);
}

/* ---- running ---- */

static uint64_t time_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_usec * 1000;
}

__attribute__((noreturn)) static void become(const struct launch *l, int tell_fd)
{
	for (const char **s = l->set; s && *s; s++)
		putenv((char *)*s);
	for (int i = 0; l->descriptors && i < 3; i++)
		dup2(l->descriptors[i], i);
	execv(l->path, l->argv);
	if (errno ==
	    ENOEXEC) { /* a script without an interpreter line: the shell's, as execvp() has it */
		unsigned n = 0;
		while (l->argv[n])
			n++;
		char **shell = mem_zalloc(n + 2, sizeof *shell);
		shell[0] = "/bin/sh";
		shell[1] = (char *)l->path;
		for (unsigned i = 1; i < n; i++)
			shell[i + 1] = l->argv[i];
		execv(shell[0], shell);
	}

	int why = errno;
	if (write(tell_fd, &why, sizeof why) < 0)
		_exit(126);
	_exit(why == ENOENT ? 127 : 126);
}

static int launch_wait_for(struct launch *l, uint64_t start_ns)
{
	struct rusage used;
	int status;
	while (wait4(l->pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return error_errno("cannot wait for '%s'", l->path);
	l->cost.wall_ns = clock_ns() - start_ns;
	l->cost.wait_status = (uint32_t)status;
	l->cost.cpu_ns = time_ns(used.ru_utime) + time_ns(used.ru_stime);
	l->cost.peak_rss_bytes = (uint64_t)used.ru_maxrss * 1024;
	return 0;
}

int launch_run(struct launch *l)
{
	struct sigaction saved[N_FORWARDED];

	sigset_t all, before;
	int tell[2], result;
	if (pipe2(tell, O_CLOEXEC) < 0)
		return error_errno("cannot make a pipe");
	fflush(NULL);
	uint64_t start_ns = clock_ns();

	/* 1. no signal between fork and forward_to, or it would be lost */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	l->pid = fork();
	if (l->pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		become(l, tell[1]);
	}

	close(tell[1]);
	if (l->pid < 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		close(tell[0]);
		return error_errno("cannot start '%s'", l->path);
	}

	forward_to = l->pid;
	signals_catch(saved);
	sigprocmask(SIG_SETMASK, &before, NULL);
	l->exec_errno = 0;
	while (read(tell[0], &l->exec_errno, sizeof l->exec_errno) < 0 && errno == EINTR)
		;
	close(tell[0]);
	if (l->while_it_runs && !l->exec_errno)
		l->while_it_runs(l, l->context);
	result = launch_wait_for(l, start_ns);
	forward_to = 0;
	signals_restore(saved);
	return result;
}

int launch_exit_code(uint32_t wait_status)
{
	int status = (int)wait_status;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
