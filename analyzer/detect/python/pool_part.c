/* See pool_part.h. */
#include "pool_part.h"

#include <string.h>

#define PATH_MOST 128u

/* The call-tree node in which most instances are made, 0 unknown. */
static uint32_t building_node(const struct model *m, const struct class_stats *s)
{
	const struct trace *t = m->trace;

	if (!s->sites.n)
		return 0;
	return t->nodes[trace_stack(t, m->sites[s->sites.entry[0].key].stack)->node].python;
}

static const struct trace_code *code_at(const struct trace *t, uint32_t node)
{
	uint32_t code = trace_frame(t, t->nodes[node].frame)->code;

	return code && code < t->n_codes ? trace_code(t, code) : NULL;
}

static bool is_constructor(const struct trace_code *code)
{
	return code && (!strcmp(code->name, "__init__") || !strcmp(code->name, "__new__") ||
	                !strcmp(code->name, "__post_init__") || !strcmp(code->name, "__enter__"));
}

bool pool_is_part_of(const struct model *m, const struct py_life *part, const struct py_life *whole)
{
	const struct trace *t = m->trace;
	uint32_t node = building_node(m, part->class.stats),
		 at = building_node(m, whole->class.stats);

	for (uint32_t i = 0; at && node && i < PATH_MOST; i++) {
		uint32_t parent = t->nodes[node].parent;

		if (whole->set_up_in && code_at(t, node) == whole->set_up_in)
			return true;
		/* The whole's constructor was called in the line that makes the whole. */
		if (parent && t->nodes[parent].frame == t->nodes[at].frame &&
		    is_constructor(code_at(t, node)))
			return true;
		node = parent;
	}
	return false;
}
