/*
 * What one object refers to, written as the edges of a heap graph; objects that are met for the first time
 * are numbered and wait in the queue of heap_index.h.
 */
#ifndef PT_PYTHON_HEAP_EDGES_H
#define PT_PYTHON_HEAP_EDGES_H

#include "heap_objects.h"

/* Marks a dead object: its type's free list keeps it, and tp_traverse of some modules of 3.12 shows it. */
PT_INLINE bool heap_object_is_dead(const void *object)
{
	return load32(object, OBJ_REFERENCES) == 0;
}

/* Numbers the object if the graph is to have it and has it not.  False: it is not to. */
bool heap_meet(void *object, bool *is_new);

/* One edge with a name: a str, or an ASCII text if str is NULL; both NULL: none. */
void heap_put_edge(void *object, const void *str, const char *text);

/* Ends a list of edges. */
void heap_put_no_edge(void);

/* A name by itself. */
void heap_put_name(const void *str, const char *text);

/* The node of the object, with its edges.  is_names: a dict whose keys are names, however many. */
void heap_put_node(void *object, bool is_names);

void heap_edges_start(void);

/* Whether an object found no room. */
bool heap_edges_full(void);

#endif
