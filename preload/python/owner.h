/*
 * In whose method does an allocation happen?  The instance that the innermost method frame works on.
 */
#ifndef PT_PYTHON_OWNER_H
#define PT_PYTHON_OWNER_H

#include "types.h"

/* First local of a frame whose `self` is not plainly there; NULL: it has been deleted. */
const void *owner_behind(const void *frame, const void *local);

/* Block address of `self` of the frame, 0: it has none (deleted, or no instance of a heap type). */
PT_INLINE uint64_t owner_of_frame(struct py_thread *t, const void *frame)
{
	const void *object = untag(load_pointer(frame, python.layout->frame_locals));
	if (unlikely(!object || load_pointer(object, OBJ_TYPE) == python.api.PyCell_Type))
		object = owner_behind(frame, object);
	const struct type_info *info = likely(object)
	                                       ? types_of_owner(t, load_pointer(object, OBJ_TYPE))
	                                       : NULL;
	return likely(info && info->traits & TYPE_IS_HEAP) ? (uint64_t)object - info->offset : 0;
}

#endif
