/*
 * The objects of one heap graph, numbered in the order in which they are met; that row is also the queue
 * of the walk.  And the names that the graph has defined.
 */
#ifndef PT_PYTHON_HEAP_INDEX_H
#define PT_PYTHON_HEAP_INDEX_H

#include "base/pt.h"

#define HEAP_OBJECTS_MOST (1u << 21)
#define HEAP_NONE UINT32_MAX

/* False: no memory. */
bool heap_index_start(void);
void heap_index_end(void);

uint32_t heap_index_count(void);
void *heap_index_at(uint32_t number);

/* Number of an object, HEAP_NONE: not met. */
uint32_t heap_index_find(const void *object);

/* Numbers an object that was not met; false: the graph is full. */
bool heap_index_add(void *object);

/* Number in the graph of the name at this address, 0: new, and remembered as `number`. */
uint32_t heap_index_name(const void *str, uint32_t number);

#endif
