/*
 * The traces of a process's descendants, and of the programs that it and they became by exec, found
 * among the files in the directory of its own trace.
 *
 * Reads the first 4 KiB of each file there; a file that is no trace, or cannot be read, is passed
 * over.  A forked child's trace names the start of its parent's; a program after exec does not know it
 * and is joined by process ids and times.
 */
#ifndef PT_TRACE_FAMILY_H
#define PT_TRACE_FAMILY_H

#include <stdint.h>

/* Paths of the family of the trace at `path`, itself first, the others by start; to be freed, each
 * and the array.  At least one, whatever `path` is. */
char **family_find(const char *path, uint32_t *n);

#endif
