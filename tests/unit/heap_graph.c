/*
 * Heap graphs: dominators, retained bytes and paths of small ones, and what damage leaves of them.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "model/heap_graph.h"
#include "model/model.h"
#include "preload/trace_codec.h"

static uint8_t bytes[1 << 20];
static uint8_t *at;

static void put(uint64_t v)
{
	at = ptc_put_varint(at, v);
}

static void put_text(const char *s)
{
	put(strlen(s));
	memcpy(at, s, strlen(s));
	at += strlen(s);
}

static void put_type(const char *name, uint32_t flags)
{
	*at++ = PTF_HEAP_TYPE;
	put(0);
	put(flags);
	put_text(name);
	put_text(name);
}

/* Of type 0; edges end with 0 and have no names. */
static void put_node(uint64_t own_bytes, uint64_t references, const uint64_t *edge)
{
	*at++ = PTF_HEAP_NODE;
	put(0);
	put(0);
	put(own_bytes);
	put(references);
	put(2);
	while (*edge)
		put(*edge++);
	put(0);
}

static void put_end(void)
{
	*at++ = PTF_HEAP_END;
	put(0);
	put(1);
}

/* module m -> 0 -> 1, 2; 1 -> 3; 2 -> 3; 3 -> 4; then 5 <-> 6, which hold each other, 5 also held from C. */
static void build(void)
{
	at = bytes;
	put_type("thing", 0);
	*at++ = PTF_HEAP_ROOT;
	*at++ = PTF_HEAP_MODULE;
	put(2);
	put_text("m");
	put(1);
	put(0);
	put(0);
	put_node(10, 1, (const uint64_t[]){1, 1, 0});
	put_node(20, 1, (const uint64_t[]){1, 0});
	put_node(30, 1, (const uint64_t[]){2 + 3, 0});
	put_node(40, 2, (const uint64_t[]){1, 0});
	put_node(50, 1, (const uint64_t[]){0});
	*at++ = PTF_HEAP_LOOSE;
	put_node(60, 2, (const uint64_t[]){1, 0});
	put_node(70, 1, (const uint64_t[]){2 + 5, 0});
	put_end();
}

static struct heap_graph *graph_of(uint64_t n_bytes)
{
	static struct trace_heap h;
	static struct trace t;

	h = (struct trace_heap){.number = 1, .bytes = bytes, .n_bytes = n_bytes};
	t = (struct trace){.heaps = &h, .n_heaps = 1};
	return heap_graph_new(&t, 0);
}

TEST("heap_graph: who dominates whom, and what each retains")
{
	build();
	struct heap_graph *g = graph_of((uint64_t)(at - bytes));

	CHECK_EQ(g->n_objects, 7);
	CHECK(!g->is_damaged);
	CHECK_EQ(g->node[3].dominator, 0); /* 1 and 2 both lead there */
	CHECK_EQ(g->node[4].dominator, 3);
	CHECK_EQ(g->node[1].retained_bytes, 20);
	CHECK_EQ(g->node[3].retained_bytes, 90);
	CHECK_EQ(g->node[0].retained_bytes, 150);
	CHECK_EQ(g->node[0].n_retained, 5);
	CHECK(heap_is_retained_by(g, 4, 3) && !heap_is_retained_by(g, 4, 1));
	heap_graph_free(g);
}

static void begin_module(void)
{
	at = bytes;
	put_type("thing", 0);
	*at++ = PTF_HEAP_ROOT;
	*at++ = PTF_HEAP_MODULE;
	put(2);
	put_text("m");
	put(1);
	put(0);
	put(0);
}

enum { RANDOM_NODES = 12, RANDOM_EDGES = 3 };

/* Whether the module reaches `to` when `without` is taken away. */
static bool reaches(const struct heap_graph *g, uint32_t from, uint32_t to, uint32_t without,
                    bool *seen)
{
	if (from == without || seen[from])
		return false;
	seen[from] = true;
	if (from == to)
		return true;
	for (uint32_t e = 0; e < g->node[from].n_edges; e++)
		if (reaches(g, g->edge[g->node[from].first_edge + e].target, to, without, seen))
			return true;
	return false;
}

TEST("heap_graph: a node retains just what cannot be reached without it")
{
	uint32_t random = 1;

	for (unsigned round = 0; round < 200; round++) {
		begin_module();
		for (uint64_t i = 0; i < RANDOM_NODES; i++) {
			uint64_t edge[RANDOM_EDGES + 2] = {0}, n = 0;

			if (i + 1 < RANDOM_NODES)
				edge[n++] = 1;
			for (unsigned k = 0; k < RANDOM_EDGES; k++) {
				random = random * 1103515245u + 12345u;
				if (random >> 30)
					edge[n++] = 2 + (random >> 8) % (i + 2 < RANDOM_NODES
					                                         ? i + 2
					                                         : RANDOM_NODES);
			}
			put_node(1, 1, edge);
		}
		put_end();

		struct heap_graph *g = graph_of((uint64_t)(at - bytes));
		CHECK_EQ(g->n_objects, RANDOM_NODES);
		for (uint32_t v = 0; v < RANDOM_NODES; v++)
			for (uint32_t d = 0; d < RANDOM_NODES; d++) {
				bool seen[RANDOM_NODES + 8] = {0};
				bool without = d != v && reaches(g, g->top, v, d, seen);

				CHECK_EQ(heap_is_retained_by(g, v, d), !without);
			}
		heap_graph_free(g);
	}
}

/* Each link refers to the next and to the first: walking up from link to link would take a day. */
TEST("heap_graph: a long list costs no more than its length")
{
	enum { LINKS = 100000 };

	begin_module();
	for (uint64_t i = 0; i < LINKS; i++)
		put_node(1, 1,
		         i + 1 < LINKS ? (const uint64_t[]){1, 2, 0} : (const uint64_t[]){2, 0});
	put_end();

	struct heap_graph *g = graph_of((uint64_t)(at - bytes));
	CHECK_EQ(g->n_objects, LINKS);
	CHECK_EQ(g->node[0].retained_bytes, LINKS);
	CHECK_EQ(g->node[LINKS - 2].retained_bytes, 2);
	for (uint32_t i = 1; i < LINKS; i++)
		CHECK(heap_is_retained_by(g, LINKS - 1, i) && !heap_is_retained_by(g, 0, i));
	heap_graph_free(g);
}

TEST("heap_graph: what has more references than the graph explains is held from C code")
{
	build();
	struct heap_graph *g = graph_of((uint64_t)(at - bytes));

	CHECK_EQ(g->node[g->node[5].dominator].kind, HEAP_ROOT_C);
	CHECK_EQ(g->node[6].dominator, 5);
	CHECK_EQ(g->node[g->top].retained_bytes, 280);
	heap_graph_free(g);
}

TEST("heap_graph: a path is the shortest from a root")
{
	struct trace t = {0};
	struct model m = {.trace = &t};
	char path[200];

	build();
	struct heap_graph *g = graph_of((uint64_t)(at - bytes));
	heap_path_text(&m, g, 4, path, sizeof path);
	CHECK(!strcmp(path, "module m > thing > thing > thing > thing"));
	heap_graph_free(g);
}

TEST("heap_graph: one that is cut anywhere is decoded up to there and says so")
{
	build();
	uint64_t n = (uint64_t)(at - bytes);

	for (uint64_t i = 0; i < n; i++) {
		struct heap_graph *g = graph_of(i);

		CHECK(!g || g->is_damaged);
		heap_graph_free(g);
	}
}
