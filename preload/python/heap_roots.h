/*
 * Where the walk of a heap graph begins: modules, and the variables of running functions.
 */
#ifndef PT_PYTHON_HEAP_ROOTS_H
#define PT_PYTHON_HEAP_ROOTS_H

#include "interpreter_state.h"

/* Writes the modules' roots: those of the program, of installed packages, of the standard library. */
void heap_put_modules(void);

/* The frames of all threads.  Returns how many threads of the interpreter have frames. */
uint32_t heap_put_frames(void);

/* Calls each() for what the collector knows and the graph has not, then false; true: it wants no more. */
void heap_each_loose(bool (*each)(void *object));

#endif
