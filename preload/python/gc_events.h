/*
 * Garbage collections as events: a C function in gc.callbacks.
 */
#ifndef PT_PYTHON_GC_EVENTS_H
#define PT_PYTHON_GC_EVENTS_H

/* Those of the main interpreter.  With the GIL, untracked. */
void gc_events_watch(void);

/* Those of the interpreter that this thread runs, if they are not yet.  Where any code may run, with the
 * GIL; what it allocates is not recorded. */
void gc_events_watch_here(void);

#endif
