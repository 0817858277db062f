/*
 * How many bytes an instance takes: itself, its __dict__, the values and keys in it.
 */
#ifndef PT_PYTHON_INSTANCE_LAYOUT_H
#define PT_PYTHON_INSTANCE_LAYOUT_H

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

/* Bytes of a table of dict keys. */
uint64_t instance_keys_bytes(const void *keys);

/* The instance's own __dict__, borrowed; NULL: it has none (yet). */
const void *instance_dict(const struct type_info *info, void *object);

/* The attributes of an instance that keeps them without a dict. */
void instance_each_value(const struct type_info *info, void *object,
                         void (*each)(const void *name, const void *value));

/*
 * The attributes of an instance as a dict: its own if it has one, else a copy made for the caller (an
 * instance must not get a dict from being looked at), NULL when it can have none or has none yet.  A
 * new reference.  With the GIL.
 */
void *instance_attributes(const struct type_info *info, void *object);

#endif
