/*
 * Writes a title over its arguments and into its environment's place, as servers do, and forks workers; one
 * of them writes another title.
 *
 * promise: each process has the arguments that the program was started with.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

/* The kernel keeps arguments and environment in one piece. */
static void set_title(char **argv, const char *title)
{
	static char *end;
	if (!end)
		for (char **p = argv; *p; p++)
			end = *p + strlen(*p);
	memset(argv[0], 0, (size_t)(end - argv[0]));
	strncpy(argv[0], title, (size_t)(end - argv[0]));
}

static void work(int n)
{
	for (int i = 0; i < n; i++)
		led_free(led_malloc(100));
}

int main(int argc, char **argv)
{
	(void)argc;
	work(10);
	set_title(argv, "server: master process");
	for (int i = 0; i < 2; i++) {
		if (fork() == 0) {
			if (i)
				set_title(argv, "w");
			work(100);
			return 0;
		}
		wait(NULL);
	}
	puts("2 workers");
	return 0;
}
