/*
 * Garbage collections as events: a C function in gc.callbacks.
 */
#ifndef PT_PYTHON_COLLECTIONS_H
#define PT_PYTHON_COLLECTIONS_H

/* Those of the main interpreter.  With the GIL, untracked. */
void collections_watch(void);

/* Those of the interpreter that this thread runs, if they are not yet.  Where any code may run, with the
 * GIL; what it allocates is not recorded. */
void collections_watch_here(void);

#endif
