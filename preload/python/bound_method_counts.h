/*
 * How many bound-method objects were made, by class and function, also where a free list hides them.
 */
#ifndef PT_PYTHON_BOUND_METHOD_COUNTS_H
#define PT_PYTHON_BOUND_METHOD_COUNTS_H

/* Counts every one that dies from now on. */
void bound_methods_watch(void);

/* Writes the counts into the trace; once, at the end. */
void bound_methods_write(void);

void bound_methods_forget(void);

#endif
