/* Who holds the memory of a CPython process: the largest objects of a heap graph, none within another. */
#ifndef PT_REPORT_HOLDERS_H
#define PT_REPORT_HOLDERS_H

#include "model/heap_graph.h"

/* Nodes of the graph, largest first, at most `most`; *n how many.  To be freed. */
uint32_t *holders_choose(const struct heap_graph *g, uint32_t most, uint32_t *n);

/* "at exit", "near the highest resident memory" */
const char *holders_moment(const struct heap_graph *g);

#endif
