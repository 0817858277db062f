/* See receiver.h. */
#include "receiver.h"

/* Before 3.11 an argument that a nested function uses lives in a cell behind the locals. */
static const void *captured_self(const struct layout *l, const void *frame)
{
	const void *code = load_pointer(frame, l->frame_code);
	const int64_t *cell_to_argument = load_pointer(code, l->code_cell2arg);
	const void *cells = load_pointer(code, l->code_cellvars);
	uint32_t n_locals = load32(code, l->code_nlocals);
	if (!cell_to_argument || !cells)
		return NULL;
	uint64_t n_cells = load64(cells, VAR_SIZE);
	for (uint64_t i = 0; i < n_cells; i++)
		if (cell_to_argument[i] == 0)
			return load_pointer(frame, l->frame_locals + 8 * (n_locals + i));
	return NULL;
}

/* First local of a frame whose `self` is not plainly there; NULL: it has been deleted. */
static PT_COLD const void *receiver_behind(const void *self_at, const void *local)
{
	const struct layout *l = python.layout;
	if (!local && l->code_cell2arg)
		local = captured_self(l, (const char *)self_at - l->frame_locals);
	if (local && load_pointer(local, OBJ_TYPE) == python.api.PyCell_Type)
		local = load_pointer(local, CELL_CONTENT);
	return local;
}

uint64_t receiver_of_type_slow(const void *self_at, const void *local, struct receiver_type *last)
{
	const void *object = local;
	if (unlikely(!object || load_pointer(object, OBJ_TYPE) == python.api.PyCell_Type))
		object = receiver_behind(self_at, local);
	const struct type_info *info = likely(object) ? types_known(load_pointer(object, OBJ_TYPE))
	                                              : NULL;
	if (!info || !(info->traits & TYPE_IS_HEAP))
		return 0;
	*last = (struct receiver_type){info->type, info->offset};
	return (uint64_t)object - info->offset;
}
