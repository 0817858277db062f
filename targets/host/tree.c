/*
 * A tree of 50 processes: seven levels deep and wide, parents working while their children do.
 *
 * promise: 50 traces; a report on the root's covers them all.
 * cflags: -D_GNU_SOURCE
 */
#define LEDGER_ENTRIES 4096
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

/* Process `number` has the children 3n+1 .. 3n+3, as far as they are below 50. */
static int run(int number)
{
	pid_t pid[3];
	int n_below = 1;
	for (int i = 0; i < 3; i++) {
		int child = 3 * number + 1 + i;
		pid[i] = child < 50 ? fork() : -1;
		if (pid[i] == 0)
			_exit(run(child));
	}
	for (int i = 0; i < 100; i++)
		led_free(led_malloc((size_t)(number + 1)));
	led_malloc(1000);
	for (int i = 0; i < 3; i++) {
		int status = 0;
		if (pid[i] > 0 && waitpid(pid[i], &status, 0) == pid[i])
			n_below += WEXITSTATUS(status);
	}
	return n_below;
}

int main(void)
{
	printf("%d processes\n", run(0));
	return 0;
}
