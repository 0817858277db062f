/*
 * In whose method does an allocation happen?  The instance that the innermost method frame works on.
 */
#ifndef PT_PYTHON_OWNER_H
#define PT_PYTHON_OWNER_H

#include "state.h"

/* Block address of `self` of the frame, 0: it has none (deleted, or no instance of a heap type). */
uint64_t owner_of_frame(struct py_thread *t, const void *frame);

#endif
