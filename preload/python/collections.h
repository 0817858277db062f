/*
 * Garbage collections as events: a C function in gc.callbacks.
 */
#ifndef PT_PYTHON_COLLECTIONS_H
#define PT_PYTHON_COLLECTIONS_H

/* With the GIL, untracked. */
void collections_watch(void);

#endif
