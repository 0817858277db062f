/*
 * `dump --follow`: one address through all hops of docs/architecture.md that a trace shows.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "trace/trace.h"

/* Prints the way of each block that lived at the address; takes the trace.  An exit code. */
int follow_address(struct trace *t, uint64_t address);

#endif
