/*
 * Decodes a heap graph; see heap_graph.h.
 */
#include "model/heap_graph.h"

#include <stdlib.h>
#include <string.h>

#include "preload/trace_codec.h"

#define OBJECTS_MOST (1u << 22)

enum { ROOM_NODES, ROOM_EDGES, ROOM_TYPES, ROOM_NAMES };

enum {
	FLAG_HEAP = 1u << 9,
	FLAG_LIST = 1u << 25,
	FLAG_TUPLE = 1u << 26,
	FLAG_DICT = 1u << 29,
	FLAG_EXCEPTION = 1u << 30,
	FLAG_TYPE = 1u << 31,
};

struct decoder {
	struct heap_graph *g;
	struct ptc_cursor c;
	uint32_t n_met;  /* objects that have a number */
	uint32_t n_done; /* of them, those whose node was read */
	uint64_t last_address;
	struct heap_node *root; /* kept apart until the number of objects is known */
	uint32_t n_roots, roots_room;
};

static enum heap_kind kind_of(const struct heap_type *t)
{
	static const struct {
		const char *name;
		enum heap_kind kind;
	} known[] = {
		{"function", HEAP_FUNCTION},
		{"method", HEAP_METHOD},
		{"functools.partial", HEAP_PARTIAL},
		{"cell", HEAP_CELL},
		{"generator", HEAP_GENERATOR},
		{"coroutine", HEAP_GENERATOR},
		{"async_generator", HEAP_GENERATOR},
		{"frame", HEAP_FRAME},
		{"traceback", HEAP_TRACEBACK},
		{"functools._lru_cache_wrapper", HEAP_CACHE},
		{"set", HEAP_CONTAINER},
		{"frozenset", HEAP_CONTAINER},
		{"collections.deque", HEAP_CONTAINER},
		{"bytearray", HEAP_CONTAINER},
	};

	if (t->flags & FLAG_TYPE)
		return HEAP_CLASS;
	if (t->flags & FLAG_EXCEPTION)
		return HEAP_EXCEPTION;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(t->name, known[i].name))
			return known[i].kind;
	if (t->flags & (FLAG_LIST | FLAG_TUPLE | FLAG_DICT) || !strcmp(t->base, "set") ||
	    !strcmp(t->base, "collections.deque"))
		return HEAP_CONTAINER;
	return t->flags & FLAG_HEAP ? HEAP_INSTANCE : HEAP_OBJECT;
}

/* ---- fields ---- */

static bool get_string(struct decoder *d, const char **out)
{
	const uint8_t *bytes;
	uint64_t n;

	if (!ptc_get_string(&d->c, &bytes, &n))
		return false;
	*out = arena_copy(&d->g->arena, bytes, n);
	return true;
}

static bool get_signed(struct decoder *d, int64_t *out)
{
	uint64_t v;

	if (!ptc_get_varint(&d->c, &v))
		return false;
	*out = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
	return true;
}

static bool get_name(struct decoder *d, uint32_t *out)
{
	enum { NEW = 2 };
	struct heap_graph *g = d->g;
	const char *text;

	if (!ptc_get_varint32(&d->c, out))
		return false;
	if (*out != NEW)
		return *out < g->n_names;
	if (!get_string(d, &text))
		return false;
	*out = g->n_names;
	*MEM_PUSH(g->name, g->n_names, g->rooms[ROOM_NAMES]) = text;
	return true;
}

static bool get_edges(struct decoder *d, bool named, struct heap_node *x)
{
	struct heap_graph *g = d->g;

	x->first_edge = g->n_edges;
	for (;;) {
		struct heap_edge e = {0, HEAP_NAME_NONE};
		uint32_t v;

		if (!ptc_get_varint32(&d->c, &v))
			return false;
		if (!v)
			break;
		if (v == 1 && d->n_met == OBJECTS_MOST)
			return false;
		e.target = v == 1 ? d->n_met++ : v - 2;
		if (e.target >= d->n_met || (named && !get_name(d, &e.name)))
			return false;
		*MEM_PUSH(g->edge, g->n_edges, g->rooms[ROOM_EDGES]) = e;
	}
	x->n_edges = g->n_edges - x->first_edge;
	return true;
}

static struct heap_node *node_at(struct decoder *d, uint32_t i)
{
	struct heap_graph *g = d->g;

	if (i >= g->n_nodes) {
		uint32_t before = g->n_nodes;

		g->node = mem_reach(g->node, i, &g->n_nodes, sizeof *g->node);
		for (uint32_t k = before; k < g->n_nodes; k++)
			g->node[k] = (struct heap_node){.type = HEAP_NONE, .site = UINT32_MAX};
	}
	return &g->node[i];
}

/* ---- items ---- */

static bool read_start(struct decoder *d, const struct trace *t)
{
	struct heap_graph *g = d->g;
	uint64_t units;

	if (!ptc_get_varint32(&d->c, &g->moment) || !ptc_get_varint(&d->c, &units) ||
	    !ptc_get_varint(&d->c, &g->resident_bytes))
		return false;
	g->time_ns = trace_units_ns(t, units);
	return true;
}

static bool read_type(struct decoder *d)
{
	struct heap_graph *g = d->g;
	struct heap_type t = {0};

	if (!ptc_get_varint32(&d->c, &t.class_id) || !ptc_get_varint32(&d->c, &t.flags) ||
	    !get_string(d, &t.name) || !get_string(d, &t.base))
		return false;
	t.kind = kind_of(&t);
	*MEM_PUSH(g->type, g->n_types, g->rooms[ROOM_TYPES]) = t;
	return true;
}

static bool read_root(struct decoder *d)
{
	struct heap_node *x = MEM_PUSH(d->root, d->n_roots, d->roots_room);

	*x = (struct heap_node){.type = HEAP_NONE, .site = UINT32_MAX};
	if (d->c.p >= d->c.end)
		return false;
	x->kind = *d->c.p++ == PTF_HEAP_FRAME ? HEAP_ROOT_FRAME : HEAP_ROOT_MODULE;
	return get_name(d, &x->label) && get_edges(d, true, x);
}

static bool read_node(struct decoder *d)
{
	struct heap_node x = {.site = UINT32_MAX};
	int64_t step, storage;
	uint32_t flags;
	uint64_t references;

	if (d->n_done >= d->n_met || !ptc_get_varint32(&d->c, &x.type) || x.type >= d->g->n_types ||
	    !ptc_get_varint32(&d->c, &flags) || !ptc_get_varint(&d->c, &x.own_bytes) ||
	    !ptc_get_varint(&d->c, &references) || !get_signed(d, &step))
		return false;
	x.kind = d->g->type[x.type].kind;
	x.references = references < UINT32_MAX ? (uint32_t)references : UINT32_MAX;
	x.address = d->last_address + (uint64_t)step * 8;
	d->last_address = x.address;
	if (flags & PTF_HEAP_HAS_LENGTH && !ptc_get_varint(&d->c, &x.length))
		return false;
	if (flags & PTF_HEAP_HAS_STORAGE) {
		if (!get_signed(d, &storage))
			return false;
		x.storage = x.address + (uint64_t)storage * 8;
	}
	if (flags & PTF_HEAP_HAS_LABEL && !get_name(d, &x.label))
		return false;
	if (!get_edges(d, flags & PTF_HEAP_NAMED, &x))
		return false;
	x.is_loose = node_at(d, d->n_done)->is_loose;
	*node_at(d, d->n_done++) = x;
	return true;
}

static bool read_loose(struct decoder *d)
{
	if (d->n_met == OBJECTS_MOST)
		return false;
	node_at(d, d->n_met++)->is_loose = true;
	return true;
}

/* False: the end, or damage. */
static bool read_item(struct decoder *d, const struct trace *t)
{
	struct heap_graph *g = d->g;

	if (d->c.p >= d->c.end)
		return false;
	switch (*d->c.p++) {
	case PTF_HEAP_START:
		return read_start(d, t);
	case PTF_HEAP_TYPE:
		return read_type(d);
	case PTF_HEAP_ROOT:
		return read_root(d);
	case PTF_HEAP_LOOSE:
		return read_loose(d);
	case PTF_HEAP_NODE:
		return read_node(d);
	case PTF_HEAP_END:
		if (ptc_get_varint32(&d->c, &g->cut) && ptc_get_varint(&d->c, &g->spent_us))
			g->is_damaged = false;
		return false;
	default:
		return false;
	}
}

/* Roots go behind the objects. */
static void append_roots(struct decoder *d)
{
	struct heap_graph *g = d->g;

	g->n_objects = d->n_met;
	if (d->n_met)
		node_at(d, d->n_met - 1);
	g->n_nodes = d->n_met; /* MEM_AT makes room for more */
	g->node = mem_realloc(g->node, (g->n_nodes + d->n_roots + 3ull) * sizeof *g->node);
	for (uint32_t i = 0; i < d->n_roots; i++)
		g->node[g->n_nodes++] = d->root[i];
	for (enum heap_kind k = HEAP_ROOT_C; k <= HEAP_TOP; k++)
		g->node[g->n_nodes++] =
			(struct heap_node){.type = HEAP_NONE, .kind = k, .site = UINT32_MAX};
	g->top = g->n_nodes - 1;
}

/* A heap of a damaged trace can have no bytes, and then no place where they would be. */
static struct ptc_cursor heap_cursor(const struct trace_heap *h)
{
	return (struct ptc_cursor){h->bytes, h->n_bytes ? h->bytes + h->n_bytes : h->bytes};
}

struct heap_graph *heap_graph_new(const struct trace *t, uint32_t i)
{
	struct heap_graph *g = mem_zalloc(1, sizeof *g);
	struct decoder d = {.g = g};

	d.c = heap_cursor(&t->heaps[i]);
	g->is_damaged = true;
	for (const char *special = ""; g->n_names < 3;)
		*MEM_PUSH(g->name, g->n_names, g->rooms[ROOM_NAMES]) = special;
	while (read_item(&d, t))
		;
	append_roots(&d);
	free(d.root);
	if (!g->n_objects) {
		heap_graph_free(g);
		return NULL;
	}
	heap_graph_dominate(g);
	return g;
}

bool heap_graph_peek(const struct trace *t, uint32_t i, struct heap_graph *out)
{
	struct decoder d = {.g = out};

	*out = (struct heap_graph){0};
	d.c = heap_cursor(&t->heaps[i]);
	return d.c.p < d.c.end && *d.c.p++ == PTF_HEAP_START && read_start(&d, t);
}

uint32_t heap_graph_last_of(const struct trace *t, uint32_t moment)
{
	uint32_t found = HEAP_NONE;
	struct heap_graph peek;

	for (uint32_t i = 0; i < t->n_heaps; i++)
		if (heap_graph_peek(t, i, &peek) && peek.moment == moment)
			found = i;
	return found;
}

void heap_graph_free(struct heap_graph *g)
{
	if (!g)
		return;
	free(g->node);
	free(g->edge);
	free(g->type);
	free(g->name);
	arena_release(&g->arena);
	free(g);
}

const struct heap_type *heap_type_at(const struct heap_graph *g, uint32_t node)
{
	static const struct heap_type none = {.name = "", .base = ""};
	uint32_t type = g->node[node].type;

	return type < g->n_types ? &g->type[type] : &none;
}

const char *heap_name(const struct heap_graph *g, uint32_t name)
{
	return name < g->n_names ? g->name[name] : "";
}

bool heap_is_retained_by(const struct heap_graph *g, uint32_t node, uint32_t holder)
{
	const struct heap_node *x = &g->node[node], *y = &g->node[holder];

	if (node == holder)
		return true;
	return x->place && (holder == g->top || (y->place && x->place - y->place < y->n_retained));
}
