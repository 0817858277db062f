/* See owner.h. */
#include "owner.h"

#include "types.h"

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

uint64_t owner_of_frame(struct py_thread *t, const void *frame)
{
	const struct layout *l = python.layout;
	const void *object = untag(load_pointer(frame, l->frame_locals));
	if (!object && l->code_cell2arg)
		object = captured_self(l, frame);
	if (object && load_pointer(object, OBJ_TYPE) == python.api.PyCell_Type)
		object = load_pointer(object, CELL_CONTENT);
	if (!object)
		return 0;
	const struct type_info *info = types_of_owner(t, load_pointer(object, OBJ_TYPE));
	if (!info || !(info->traits & TYPE_IS_HEAP))
		return 0;
	return (uint64_t)object - info->offset;
}
