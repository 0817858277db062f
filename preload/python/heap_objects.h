/*
 * Own bytes of objects, read from their layout: the object, what stands before it in its block, and
 * storage of its own (items of a list, tables of a dict or set).
 */
#ifndef PT_PYTHON_HEAP_OBJECTS_H
#define PT_PYTHON_HEAP_OBJECTS_H

#include "heap_types.h"

struct heap_object {
	uint64_t own_bytes;
	const void *storage; /* the block with its items, NULL: none of its own */
	uint64_t length;     /* items of a container */
	bool has_length;
};

/* With the GIL.  Calls __sizeof__ of types in C code whose layout is not known here. */
struct heap_object heap_object_measure(const struct heap_type *t, void *object);

#endif
