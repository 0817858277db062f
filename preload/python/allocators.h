/*
 * CPython's allocators (RAW, MEM, OBJ), wrapped.
 */
#ifndef PT_PYTHON_ALLOCATORS_H
#define PT_PYTHON_ALLOCATORS_H

#include "interpreter_state.h"

/* Does what is asked of the RAW domain come through ours? */
bool allocators_in_place(void);

/* Wraps each allocator in force that is not ours.  Returns how many of them there were. */
unsigned allocators_wrap(void);

#endif
