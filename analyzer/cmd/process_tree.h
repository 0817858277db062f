/* Traces of the processes that a traced process started: found beside its own. */
#ifndef PROCESS_TREE_H
#define PROCESS_TREE_H

#include <stdint.h>

/*
 * Adds to `paths` (allocated, n of them) the traces in the same directory whose process is a child, or
 * a child's child ..., of the one that paths[0] is of, and of the programs that one process became one
 * after the other.  Pids are used again, so the times must fit, too.  Returns the new array.
 */
char **process_tree_find(char **paths, uint32_t *n);

#endif
