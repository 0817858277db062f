/*
 * Objects of a heap graph and the ways to them, in words; see heap_graph.h.
 */
#include <stdio.h>
#include <string.h>

#include "model/heap_graph.h"
#include "model/model.h"

#define PATH_NODES 8u
#define PATH_DEEPEST 4096u

const char *heap_class_name(const struct model *m, const struct heap_graph *g, uint32_t node)
{
	const struct heap_type *t = heap_type_at(g, node);
	const struct class_stats *s = t->class_id ? model_class(m, t->class_id) : NULL;
	const char *dot;

	if (s)
		return s->name;
	dot = strrchr(t->name, '.');
	return dot ? dot + 1 : t->name;
}

void heap_node_text(const struct model *m, const struct heap_graph *g, uint32_t node, char *out,
                    uint32_t room)
{
	const struct heap_node *x = &g->node[node];
	const char *label = heap_name(g, x->label);

	switch (x->kind) {
	case HEAP_ROOT_MODULE:
		snprintf(out, room, "module %s", label);
		break;
	case HEAP_ROOT_FRAME:
		snprintf(out, room, "running %s", label);
		break;
	case HEAP_ROOT_C:
		snprintf(out, room, "held from C code");
		break;
	case HEAP_ROOT_GARBAGE:
		snprintf(out, room, "garbage that waits for the collector");
		break;
	case HEAP_CLASS:
		snprintf(out, room, "class %s", label);
		break;
	case HEAP_FUNCTION:
	case HEAP_METHOD:
	case HEAP_GENERATOR:
	case HEAP_FRAME:
		snprintf(out, room, "%s %s", heap_type_at(g, node)->name, label);
		break;
	case HEAP_CACHE:
		snprintf(out, room, "lru_cache");
		break;
	case HEAP_CONTAINER:
		snprintf(out, room, "%s of %llu", heap_class_name(m, g, node),
		         (unsigned long long)x->length);
		break;
	default:
		snprintf(out, room, "%s", heap_class_name(m, g, node));
	}
}

/* What adds nothing to a path: a module's dict, a variable's cell. */
static bool is_silent(const struct heap_graph *g, uint32_t node)
{
	const struct heap_node *x = &g->node[node];

	if (x->kind != HEAP_CONTAINER || x->parent == HEAP_NONE)
		return x->kind == HEAP_CELL;
	return g->node[x->parent].kind == HEAP_ROOT_MODULE ||
	       !strcmp(heap_name(g, g->edge[x->parent_edge].name), "__dict__");
}

static bool is_start(enum heap_kind kind)
{
	return kind == HEAP_CLASS || kind == HEAP_ROOT_MODULE || kind == HEAP_ROOT_FRAME;
}

/* How the parent holds the node. */
static void edge_text(const struct heap_graph *g, uint32_t node, char *out, uint32_t room)
{
	const struct heap_node *x = &g->node[node], *p = &g->node[x->parent];
	uint32_t name = p->n_edges ? g->edge[x->parent_edge].name : HEAP_NAME_NONE;

	*out = 0;
	if (!strcmp(heap_name(g, name), "__dict__"))
		return;
	if (name == HEAP_NAME_KEY)
		snprintf(out, room, " key");
	else if (name != HEAP_NAME_NONE && p->kind == HEAP_CONTAINER && !is_silent(g, x->parent))
		snprintf(out, room, "['%s']", heap_name(g, name));
	else if (name != HEAP_NAME_NONE && p->kind == HEAP_ROOT_FRAME)
		snprintf(out, room, " local %s", heap_name(g, name));
	else if (name != HEAP_NAME_NONE && p->kind != HEAP_METHOD)
		snprintf(out, room, ".%s", heap_name(g, name));
}

static bool is_way_up(const struct heap_graph *g, uint32_t node)
{
	uint32_t parent = g->node[node].parent;

	return parent != HEAP_NONE && parent != g->top && parent < g->n_nodes;
}

void heap_path_text(const struct model *m, const struct heap_graph *g, uint32_t node, char *out,
                    uint32_t room)
{
	uint32_t up[PATH_DEEPEST], n = 0, used = 0, skip_from;
	char one[300], edge[150];

	for (uint32_t at = node; n < PATH_DEEPEST; at = g->node[at].parent) {
		up[n++] = at;
		if (!is_way_up(g, at) || (at != node && is_start(g->node[at].kind)))
			break;
	}
	skip_from = n > PATH_NODES + 4 ? n - PATH_NODES / 2 : 0;
	*out = 0;
	for (uint32_t i = n; i-- > 0 && used + 1 < room;) {
		if (skip_from && i < skip_from && i >= PATH_NODES / 2) {
			if (i == skip_from - 1)
				used += (uint32_t)snprintf(out + used, room - used, " > ...");
			continue;
		}
		*edge = 0;
		if (i)
			edge_text(g, up[i - 1], edge, sizeof edge);
		heap_node_text(m, g, up[i], one, sizeof one);
		used += (uint32_t)snprintf(out + used, room - used, "%s%s%s",
		                           is_silent(g, up[i]) || !used ? "" : " > ",
		                           is_silent(g, up[i]) ? "" : one, edge);
	}
}
