/*
 * Running a program for `pooltrace record` and `pooltrace try`: finding it, starting it, passing signals on, measuring it.
 */
#ifndef PT_CMD_LAUNCH_H
#define PT_CMD_LAUNCH_H

#include <sys/types.h>

#include "trace/trace.h"

struct launch {
	const char *path; /* of the program, found in PATH */
	char **argv;
	const char **set;       /* environment: NAME=VALUE to add or replace, ends with NULL */
	const int *descriptors; /* to be its 0, 1 and 2; NULL: ours */
	/* Called once while it runs; NULL nothing. */
	void (*while_it_runs)(const struct launch *l, void *context);
	void *context;
	/* filled by launch_run(): */
	pid_t pid;
	int exec_errno; /* the program could not be started; 0 it was */
	struct trace_cost cost;
};

/* As execvp() would: an allocated path, NULL with errno when there is no such program. */
char *launch_find(const char *name);

/* Runs it to its end.  -1 after error() when no process could be made. */
int launch_run(struct launch *l);

/* What a shell would return for a wait status. */
int launch_exit_code(uint32_t wait_status);

#endif
