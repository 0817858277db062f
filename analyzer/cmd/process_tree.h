/* Traces of the processes that a traced process started: found beside its own. */
#ifndef PROCESS_TREE_H
#define PROCESS_TREE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Adds to `paths` (allocated, n of them) the traces in the same directory whose process is a child, or
 * a child's child ..., of the one that paths[0] is of, and of the programs that one process became one
 * after the other.  Pids are used again, so the times must fit, too.  Returns the new array.
 */
char **process_tree_find(char **paths, uint32_t *n);

/* One trace of a report. */
struct trace_choice {
	char *path; /* the caller's */
	uint64_t start_ns, file_bytes;
	bool is_given; /* on the command line */
};

/* The n traces by the time at which their processes began, then by path; the first n_given of `paths` are
 * given.  To be freed. */
struct trace_choice *process_tree_order(char **paths, uint32_t n_given, uint32_t n);

/*
 * Which of them a report should open with: 0, the root, unless it is a wrapper (a shell, env, sudo, make):
 * another one's trace is at least TREE_WRAPPER times as large.  Nothing but sizes is looked at.
 */
#define TREE_WRAPPER 4u
uint32_t process_tree_heaviest(const struct trace_choice *list, uint32_t n);

#endif
