/*
 * The census: what the interpreter holds, at an orderly exit and at peaks of its memory.  Its JSON is described
 * in docs/census.md.
 */
#ifndef PT_PYTHON_CENSUS_H
#define PT_PYTHON_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

/* Registers it to run when the interpreter exits.  With the GIL, untracked. */
void census_arrange(void);

/* Stops the garbage collector; true: it was on, which census_release_gc() is to be told.  While heap_index.h
 * knows addresses without holding the objects it has to be off: up to 3.11 any allocation of a container may
 * collect, and what was indexed is gone.  No error may be set. */
bool census_hold_gc(void);
void census_release_gc(bool was_on);

/* Takes it now, in at most budget_ns of CPU time, where any code may run, with the garbage collector off;
 * heap_index.h knows the objects.  Returns the thread's CPU time spent. */
uint64_t census_take(uint64_t budget_ns, bool with_instances);

/* In a forked child: the thread that may have been taking one does not exist there. */
void census_forget(void);

/* The process ends without exit functions: graph and census are written if this thread runs Python code. */
void census_at_quick_exit(void);

#endif
