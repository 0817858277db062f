/*
 * Ends in the way that its argument names, after 1,000 blocks of which 900 are freed.
 *
 * args: exit
 * expect: site function=make_block allocs=1000 frees=900 live=3200
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "target.h"

static NOINLINE void *make_block(void)
{
	return keep(malloc(32));
}

static volatile int *volatile nowhere;

static void end_by(const char *how)
{
	if (!strcmp(how, "exit"))
		exit(7);
	if (!strcmp(how, "_exit"))
		_exit(8);
	if (!strcmp(how, "quick_exit"))
		quick_exit(9);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "segv"))
		*nowhere = 1;
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(how, "term"))
		kill(getpid(), SIGTERM);
	if (!strcmp(how, "pthread_exit"))
		pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	void *p[1000];

	for (int i = 0; i < 1000; i++)
		p[i] = make_block();
	for (int i = 0; i < 900; i++)
		free(p[i]);
	keep(p);
	end_by(argc > 1 ? argv[1] : "exit");
	return 0;
}
