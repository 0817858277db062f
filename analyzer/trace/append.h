/*
 * What `pooltrace record` adds to a finished trace, and how it finds the traces of a process.
 */
#ifndef PT_TRACE_APPEND_H
#define PT_TRACE_APPEND_H

#include "trace/trace.h"

/* Who a trace is of: its header alone, cheap. */
struct trace_identity {
	uint32_t pid, ppid, exec_count;
	uint64_t start_real_ns, parent_start_ns;
	uint64_t end_real_ns; /* UINT64_MAX: it did not end in an orderly way */
};

/* False when the file is no trace; says nothing. */
bool trace_identify(const char *path, struct trace_identity *id);

/* Adds a PTF_D_RUN record after the last chunk; baseline NULL: there was none.  -1 after error(). */
int trace_append_run(const char *path, const struct trace_cost *run,
                     const struct trace_cost *baseline);

#endif
