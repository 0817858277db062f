/*
 * The heap graph: which object of the interpreter refers to which, written into the trace at a moment.
 *
 * The walk goes breadth first from the modules (the program's before installed packages' before the standard
 * library's) and the frames of all threads, then from what those do not reach.  It asks each type's own
 * tp_traverse, reads attributes, dicts and closures by their layout for their names, changes no
 * reference count, and runs no code of the program.  Who retains what is computed by the reader.
 *
 * While it lasts it takes 12 bytes an object plus a table of 8 to 16, in memory of our own.
 */
#ifndef PT_PYTHON_HEAP_GRAPH_H
#define PT_PYTHON_HEAP_GRAPH_H

#include "../trace_format.h"
#include "interpreter_state.h"

/*
 * Writes a graph, with the GIL, untracked.  It stops after budget_ns of the thread's CPU time and says so in
 * the graph.  Returns the CPU time spent.  Until heap_graph_end() heap_index.h knows the graph's objects.
 */
uint64_t heap_graph_write(struct self *self, enum ptf_heap_moment moment, uint64_t budget_ns);

/* Threads of the interpreter that had frames when the last graph was written. */
uint32_t heap_graph_threads(void);

/* Without a graph: heap_index.h knows what the collector tracks, until heap_graph_end(). */
void heap_graph_objects(void);

void heap_graph_end(void);

#endif
