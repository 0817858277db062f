/* See owner.h. */
#include "owner.h"

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

PT_COLD const void *owner_behind(const void *frame, const void *local)
{
	if (!local && python.layout->code_cell2arg)
		local = captured_self(python.layout, frame);
	if (local && load_pointer(local, OBJ_TYPE) == python.api.PyCell_Type)
		local = load_pointer(local, CELL_CONTENT);
	return local;
}
