/* Which chunks a trace has, and in which order.  Private to trace/. */
#ifndef PT_TRACE_INDEX_H
#define PT_TRACE_INDEX_H

#include "reader_file.h"

/* Fills file->defs, file->streams and the clock's rate.  -1 after error(). */
int index_chunks(struct trace *t);

#endif
