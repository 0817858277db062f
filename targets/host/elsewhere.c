/*
 * Goes to where the trace's path means nothing: another directory, a chroot without files, another
 * user; forks a child there that allocates too.
 *
 * usage: elsewhere chdir|chroot|setuid DIRECTORY [then]
 * then: after the child, another one executes the program again, and so does the process itself
 * promise: recording goes on in the file that was opened; the child's trace is made where it still
 * can be, or its absence is said.
 * cflags: -D_GNU_SOURCE
 */
#include <grp.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

static int go(const char *how, const char *directory)
{
	if (!strcmp(how, "chdir"))
		return chdir(directory);
	if (!strcmp(how, "chroot"))
		return chroot(directory) || chdir("/");
	return setgroups(0, NULL) || setgid(65534) || setuid(65534);
}

static void churn(void)
{
	for (size_t i = 1; i <= 40000; i++)
		led_free(led_malloc(i % 5000 + 1));
}

/* A child that becomes another program before and after its first event. */
static void start_others(char **argv)
{
	char *again[] = {argv[0], "said", NULL};
	for (int churns = 0; churns < 2; churns++) {
		pid_t pid = fork();
		if (pid == 0) {
			if (churns)
				churn();
			unsetenv("LEDGER"); /* may not be opened by the other user */
			execv("/proc/self/exe", again);
			execv(argv[0], again);
			_exit(6);
		}
		int status;
		waitpid(pid, &status, 0);
		printf("program ended with %d\n", WEXITSTATUS(status));
	}
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return 7;
	if (argc < 3)
		return 2;
	led_malloc(10);
	if (go(argv[1], argv[2]) != 0)
		return 1;
	churn();
	pid_t pid = fork();
	if (pid == 0) {
		churn();
		_exit(5);
	}
	int status;
	waitpid(pid, &status, 0);
	printf("child ended with %d\n", WEXITSTATUS(status));
	if (argc > 3)
		start_others(argv);
	return 0;
}
