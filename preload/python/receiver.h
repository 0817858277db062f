/*
 * In whose method does an allocation happen?  The instance that the innermost method frame works on.
 */
#ifndef PT_PYTHON_RECEIVER_H
#define PT_PYTHON_RECEIVER_H

#include "types.h"

/* A heap type whose instance was the owner last; to be forgotten when types die. */
struct receiver_type {
	const void *type; /* NULL: none yet */
	uint64_t offset;  /* of instances in their blocks */
};

uint64_t receiver_of_type_slow(const void *self_at, const void *local, struct receiver_type *last);

/* Block address of `self` of the frame whose first local variable is at `self_at`, 0: it has none (deleted,
 * or no instance of a heap type). */
PT_INLINE uint64_t receiver_of_frame(const void *self_at, struct receiver_type *last)
{
	const void *local = untag(load_pointer(self_at, 0));
	if (likely(local && load_pointer(local, OBJ_TYPE) == last->type))
		return (uint64_t)local - last->offset;
	return receiver_of_type_slow(self_at, local, last);
}

#endif
