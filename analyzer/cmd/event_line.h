/*
 * One event as a line of text, as `dump` prints it.
 */
#ifndef EVENT_LINE_H
#define EVENT_LINE_H

#include "symbols/symbols.h"
#include "trace/events.h"

/* Prints it with its line's end; names: to print the function that its stack is named after, NULL = not. */
void event_line_put(const struct trace *t, const struct event *e, struct symbols *names);

/* Function, file and line. */
void event_line_put_symbol(const struct symbol *x);

#endif
