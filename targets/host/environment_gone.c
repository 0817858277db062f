/*
 * Takes its environment away, goes to another directory, and forks children that allocate.
 *
 * usage: environment_gone clear|null|overwrite DIRECTORY
 * promise: the children's traces are where the parent's is, under the same rules.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

static void take_away(const char *how)
{
	if (!strcmp(how, "clear"))
		clearenv();
	else if (!strcmp(how, "null"))
		environ = NULL;
	else /* as programs do that need the room for a title */
		for (char **e = environ; *e; e++)
			memset(*e, 'x', strlen(*e));
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	led_free(led_malloc(10));
	take_away(argv[1]);
	if (chdir(argv[2]) != 0)
		return 1;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			for (size_t k = 1; k < 100; k++)
				led_free(led_malloc(k));
			_exit(3);
		}
		int status;
		waitpid(pid, &status, 0);
		printf("child ended with %d\n", WEXITSTATUS(status));
	}
	return 0;
}
