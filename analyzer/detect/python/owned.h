/*
 * What instances own beyond their own layout, from the heap graphs: what would be freed with them.
 */
#ifndef DETECT_PYTHON_OWNED_H
#define DETECT_PYTHON_OWNED_H

#include "heap.h"

/* Fills in owned_n and owned_bytes of the census's classes: sums over all instances at exit, or at the peak where
 * none was left.  Instances of the same family below an instance count for themselves: a node of a list
 * does not own the rest of it. */
void py_heap_weigh(struct py_heap *h);

#endif
