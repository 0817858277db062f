/*
 * The instances of each class, counted and sampled from the objects that the heap graph has met.
 *
 * In C and in one go, before any Python code runs: no object can die in between.
 */
#ifndef PT_PYTHON_CENSUS_SAMPLE_H
#define PT_PYTHON_CENSUS_SAMPLE_H

#include "interpreter_state.h"

/* While the graph's objects are known (heap_index.h), with the GIL, untracked.  Without with_instances no instance
 * is taken: other threads may run before the census has ended. */
void census_sample_begin(bool with_instances);

/* Functions for the census's program:
 * type_table() -> [(type, class id, instances built, alive, [sampled instances])],
 * cache_table() -> [functools.lru_cache wrappers]. */
void *census_sample_types(void *unused, void *arguments);
void *census_sample_caches(void *unused, void *arguments);

void census_sample_end(void);

#endif
