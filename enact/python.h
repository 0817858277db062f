/*
 * CPython: classes of the plan are created with __slots__ (python/slots.py).
 *
 * An interpreter that the program starts with is asked at each call of the allocator whether it is initialised;
 * then a pending call runs the script in the main thread, before the program's first line.
 */
#ifndef ENACT_PYTHON_H
#define ENACT_PYTHON_H

#include "base/pt.h"

extern bool python_wanted; /* an interpreter is to be asked */

/* From the constructor on: looks for an interpreter if the plan has classes. */
void python_start(void);

/* Asks it. */
void python_poll(void);

#endif
