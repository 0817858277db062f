/*
 * How many bytes an instance takes: itself, its __dict__, the values and keys in it.
 */
#ifndef PT_PYTHON_INSTANCE_H
#define PT_PYTHON_INSTANCE_H

#include "types.h"

struct instance_layout {
	uint64_t object_bytes; /* with what stands before it in its block, and values inside it */
	uint64_t dict_bytes;   /* the dict object */
	uint64_t values_bytes; /* values in a block of their own */
	uint64_t keys_bytes;   /* a key table that is not the class's */
	bool dict_seen;        /* it has a dict object */
};

/* Requested bytes, read without touching the instance.  With the GIL. */
struct instance_layout instance_measure(const struct type_info *info, const void *object);

#endif
