/*
 * When a heap graph is written, and the census is taken (census.h): when the process's resident memory has
 * risen well above its level at the last one, and at exit.  Together they take at most 5 % of the CPU that the process has used, or
 * 300 ms if that is more; a graph whose estimate does not fit is not begun.
 *
 * A graph needs a place where any code may run.  Allocations only look whether one is due, once a MiB,
 * and ask the interpreter for a pending call; a collection's end is such a place, too.
 */
#ifndef PT_PYTHON_HEAP_MOMENT_H
#define PT_PYTHON_HEAP_MOMENT_H

#include "interpreter_state.h"

#define HEAP_LOOK_EVERY_BYTES (1 << 20)

/* In a hook, when a thread has allocated that much. */
void heap_moment_look(struct py_thread *t);

/* Where any code may run, with the GIL, untracked: writes a graph if one is due. */
void heap_moment_now(struct self *self);

/* At exit: a graph and the census. */
void heap_moment_at_exit(struct self *self);

/* The interpreter is ready. */
void heap_moment_start(void);

void heap_moment_forget(void);

#endif
