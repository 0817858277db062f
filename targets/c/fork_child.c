/*
 * Allocates, forks; child and parent each free what they inherited and allocate more of their own.
 *
 * expect: site function=before_fork allocs=10 frees=10 live=0
 * expect: site function=in_parent allocs=7 live=700
 * expect: no-finding kind=leak
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "target.h"

static NOINLINE void *before_fork(void)
{
	return keep(malloc(128));
}

static NOINLINE void *in_parent(void)
{
	return keep(malloc(100));
}

static NOINLINE void *in_child(void)
{
	return keep(malloc(200));
}

int main(void)
{
	void *p[10];
	int status = 0;

	for (int i = 0; i < 10; i++)
		p[i] = before_fork();
	pid_t child = fork();
	for (int i = 0; i < 10; i++)
		free(p[i]);
	if (child == 0) {
		for (int i = 0; i < 5; i++)
			in_child();
		exit(3);
	}
	for (int i = 0; i < 7; i++)
		in_parent();
	waitpid(child, &status, 0);
	printf("child said %d\n", WEXITSTATUS(status));
	return 0;
}
