/*
 * A heap graph of a CPython process (enum ptf_heap_item), decoded: who refers to whom, who retains whom.
 *
 * Nodes are objects, then roots (modules, frames, "held from C code", "garbage"), then one node above
 * all roots.  An object's *retained* bytes are those that would be freed with it: its own and those of
 * all objects that it dominates (Lengauer and Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph").
 * A *path* is the shortest from a root, modules before frames before the rest.
 *
 * The graph comes from a trace: what is malformed ends it, and it says so in `cut`.  Memory: about 150
 * bytes an object and 24 an edge.
 */
#ifndef PT_MODEL_HEAP_GRAPH_H
#define PT_MODEL_HEAP_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/trace.h"
#include "util/mem.h"

struct model;

#define HEAP_NONE UINT32_MAX
#define HEAP_NAME_NONE 0u
#define HEAP_NAME_KEY 1u /* the edge leads to a key of the container */

enum heap_kind {
	HEAP_OBJECT,   /* anything else */
	HEAP_INSTANCE, /* of a class statement */
	HEAP_CONTAINER,
	HEAP_CLASS,
	HEAP_FUNCTION,
	HEAP_METHOD,
	HEAP_PARTIAL,
	HEAP_CELL,
	HEAP_GENERATOR, /* and coroutines */
	HEAP_FRAME,
	HEAP_TRACEBACK,
	HEAP_EXCEPTION,
	HEAP_CACHE, /* functools.lru_cache */
	/* roots */
	HEAP_ROOT_MODULE,
	HEAP_ROOT_FRAME,
	HEAP_ROOT_C,       /* held from C code, or by the stack of a running function */
	HEAP_ROOT_GARBAGE, /* waits for the collector */
	HEAP_TOP,
};

struct heap_type {
	uint32_t class_id;       /* 0 unknown */
	uint32_t flags;          /* tp_flags, the lower 32 bits */
	const char *name, *base; /* base: nearest static one */
	enum heap_kind kind;
};

struct heap_edge {
	uint32_t target, name;
};

struct heap_node {
	uint32_t type; /* HEAP_NONE: a root, or an object that was met but not looked at */
	enum heap_kind kind;
	uint32_t label; /* name, HEAP_NAME_NONE none */
	uint32_t references;
	uint32_t first_edge, n_edges;
	uint64_t own_bytes, address, storage, length;
	bool is_loose; /* the recorder found no root that leads here */

	/* Who holds it.  HEAP_NONE: nothing does that is known. */
	uint32_t dominator;
	uint32_t parent, parent_edge; /* on the shortest path from a root */
	uint64_t retained_bytes;
	uint32_t n_retained; /* objects, itself included */
	uint32_t place;      /* those have place .. place + n_retained - 1, 0: nothing reaches it */

	/* From the events (heap_births.h): the number of the allocation, 0: not seen. */
	uint64_t born, storage_born;
	uint64_t born_ns;
	uint64_t owner; /* address of the instance in whose method it was allocated, 0 none */
	uint64_t storage_owner;
	uint32_t site; /* its allocation, UINT32_MAX unknown */
	uint32_t storage_site;
};

struct heap_graph {
	uint32_t moment; /* enum ptf_heap_moment */
	uint64_t time_ns, resident_bytes;
	uint32_t cut; /* enum ptf_heap_cut */
	bool is_damaged;
	uint64_t spent_us;
	uint64_t last_seq; /* number of the last allocation before it (heap_births.h) */

	struct heap_node *node;
	uint32_t n_objects, n_nodes, top; /* objects come first, `top` is the last node */
	struct heap_edge *edge;
	uint32_t n_edges;
	struct heap_type *type;
	uint32_t n_types;
	const char **name;
	uint32_t n_names;
	uint32_t rooms[4];
	struct arena arena;
};

/* The i-th graph of the trace; NULL: it has no object. */
struct heap_graph *heap_graph_new(const struct trace *t, uint32_t i);
void heap_graph_free(struct heap_graph *g);

/* Moment, time and resident bytes of a graph alone, without decoding it. */
bool heap_graph_peek(const struct trace *t, uint32_t i, struct heap_graph *out);

/* The last graph of that moment, HEAP_NONE none: of those at peaks the one with most resident memory. */
uint32_t heap_graph_last_of(const struct trace *t, uint32_t moment);

/* Fills in dominator, retained_*, parent.  heap_graph_new() calls it. */
void heap_graph_dominate(struct heap_graph *g);

const struct heap_type *heap_type_at(const struct heap_graph *g, uint32_t node);
const char *heap_name(const struct heap_graph *g, uint32_t name);

/* Is `holder` the object itself or one of its dominators? */
bool heap_is_retained_by(const struct heap_graph *g, uint32_t node, uint32_t holder);

/*
 * The path to an object: "app.SERVICE (Service) .jobs > list of 300 > Job.finish (method)"; from the last
 * class or module on it.  Cut in the middle when it has more than eight nodes.
 */
void heap_path_text(const struct model *m, const struct heap_graph *g, uint32_t node, char *out,
                    uint32_t room);

/* One node in words: "list of 300", "Session", "function app.work". */
void heap_node_text(const struct model *m, const struct heap_graph *g, uint32_t node, char *out,
                    uint32_t room);

/* Module and name of the class of an instance, "" when it is not known. */
const char *heap_class_name(const struct model *m, const struct heap_graph *g, uint32_t node);

#endif
