/*
 * The trace's name: POOLTRACE_OUT with its %-letters filled in.
 */
#ifndef PT_TRACE_FILENAME_H
#define PT_TRACE_FILENAME_H

#include "base/pt.h"

/* %n: programs and processes that this one has been. */
extern uint32_t filename_n;

/* Creates the file, never in place of another: x.trace, then x.PID.trace, then x.PID.1.trace, ...  Its
 * descriptor, or -errno. */
long filename_create(void);

/* Why a program that is executed now cannot create a trace, an errno; 0: no reason is known. */
int filename_obstacle(void);

/* The name under which it was created. */
const char *filename_path(void);

#endif
