/* See heap_walk.h.  Objects are numbered in the order in which they are met; that row is also the queue. */
#include "heap_walk.h"

#include "base/clock.h"
#include "base/own_memory.h"
#include "base/raw.h"

#define HEAP_WALK_MOST 400000u
#define HEAP_WALK_SLOTS (1u << 19)
#define HEAP_WALK_ROOT UINT32_MAX
#define HEAP_WALK_CHAIN_MOST 200u
#define HEAP_WALK_PLAIN_MOST 16u
#define HEAP_WALK_INDEX_MOST 100000

enum { TYPE_TRAVERSE = 184, TYPE_IS_GC = 328 };

/*
 * True for a dead object that its type's free list keeps: tp_traverse of the module _asyncio of 3.12
 * visits such ones.  A reference taken and given back would deallocate it a second time.
 */
PT_INLINE bool is_dead(const void *object)
{
	return load32(object, OBJ_REFERENCES) == 0;
}

struct heap_walk {
	uint32_t n;
	uint32_t from; /* number of the object whose references are being looked at */
	uint32_t n_plain;
	bool full;
	const void *plain[HEAP_WALK_PLAIN_MOST];
	const void *object[HEAP_WALK_MOST];
	uint32_t parent[HEAP_WALK_MOST];
	uint32_t slot[HEAP_WALK_SLOTS]; /* number + 1, by address */
};

static struct heap_walk *reach; /* protected by the GIL */

static uint32_t *heap_walk_slot(const void *object)
{
	for (uint32_t i = (uint32_t)((uintptr_t)object * 0x9E3779B97F4A7C15ull >> 45);; i++) {
		uint32_t *slot = &reach->slot[i & (HEAP_WALK_SLOTS - 1)];
		if (!*slot || reach->object[*slot - 1] == object)
			return slot;
	}
}

static void heap_walk_add(void *object, uint32_t parent)
{
	uint32_t *slot = heap_walk_slot(object);
	if (*slot)
		return;
	if (reach->n == HEAP_WALK_MOST) {
		reach->full = true;
		return;
	}
	python.api.Py_IncRef(object);
	reach->object[reach->n] = object;
	reach->parent[reach->n] = parent;
	*slot = ++reach->n;
}

static int heap_walk_visit(void *object, void *unused)
{
	(void)unused;
	if (is_dead(object))
		return 0;
	const void *type = load_pointer(object, OBJ_TYPE);
	for (uint32_t i = 0; i < reach->n_plain; i++)
		if (type == reach->plain[i])
			return 0;
	heap_walk_add(object, reach->from);
	return reach->full;
}

typedef int visit_function(void *object, void *context);

/* Calls visit() for what the object refers to, if the collector may ask it. */
static void heap_walk_look(const void *object, visit_function *visit, void *context)
{
	int (*traverse)(const void *, visit_function *, void *);
	int (*is_gc)(const void *);
	const void *type = load_pointer(object, OBJ_TYPE);
	const void *t = load_pointer(type, TYPE_TRAVERSE), *g = load_pointer(type, TYPE_IS_GC);
	if (!t || !(load64(type, TYPE_FLAGS) & TYPE_GC))
		return;
	__builtin_memcpy(&is_gc, &g, sizeof is_gc);
	if (is_gc && !is_gc(object))
		return;
	__builtin_memcpy(&traverse, &t, sizeof traverse);
	traverse(object, visit, context);
}

static int append_living(void *object, void *list)
{
	return is_dead(object) ? 0 : python.api.PyList_Append(list, object);
}

void *heap_walk_referents(void *unused, void *object)
{
	void *list = python.api.PyList_New(0);
	(void)unused;
	if (list)
		heap_walk_look(object, append_living, list);
	return list;
}

static void heap_walk_add_list(void *list)
{
	long n = python.api.PyList_Size(list);
	for (long i = 0; i < n; i++)
		heap_walk_add(python.api.PyList_GetItem(list, i), HEAP_WALK_ROOT);
}

/* Are all targets reached?  Those before *n_found are. */
static bool heap_walk_all(void *targets, long *n_found)
{
	long n = python.api.PyList_Size(targets);
	while (*n_found < n && *heap_walk_slot(python.api.PyList_GetItem(targets, *n_found)))
		++*n_found;
	return *n_found == n;
}

/* False: out of time or room before all were reached. */
static bool heap_walk_run(void *targets, uint64_t until_ns)
{
	enum { LOOK_EVERY = 256 };
	long n_found = 0;
	for (; reach->from < reach->n; reach->from++) {
		if (reach->from % LOOK_EVERY == 0) {
			if (heap_walk_all(targets, &n_found))
				return true;
			if (reach->full || clock_mono_ns() > until_ns)
				return false;
		}
		heap_walk_look(reach->object[reach->from], heap_walk_visit, NULL);
	}

	return !reach->full;
}

static void heap_walk_set_plain(void *types)
{
	long n = python.api.PyList_Size(types);
	for (long i = 0; i < n && i < (long)HEAP_WALK_PLAIN_MOST; i++)
		reach->plain[reach->n_plain++] = python.api.PyList_GetItem(types, i);
}

void *heap_walk_walk(void *unused, void *arguments)
{
	void *part[5];

	(void)unused;
	for (long i = 0; i < 5; i++) {
		part[i] = python.api.PyTuple_GetItem(arguments, i);
		if (!part[i])
			return NULL;
	}

	uint64_t until_ns = clock_mono_ns() + (uint64_t)python.api.PyLong_AsLong(part[4]) * 1000000;
	if (!reach)
		reach = own_map(sizeof *reach);
	if (!reach)
		return python.api.PyLong_FromLong(1);
	heap_walk_add_list(part[1]);
	reach->from = reach->n;
	heap_walk_add_list(part[0]);
	heap_walk_set_plain(part[2]);
	return python.api.PyLong_FromLong(!heap_walk_run(part[3], until_ns));
}

void *heap_walk_chain(void *unused, void *object)
{
	uint32_t up[HEAP_WALK_CHAIN_MOST], n = 0;
	uint32_t number = reach ? *heap_walk_slot(object) : 0;
	(void)unused;
	for (uint32_t at = number - 1; number && at != HEAP_WALK_ROOT && n < HEAP_WALK_CHAIN_MOST;
	     at = reach->parent[at])
		up[n++] = at;
	void *list = python.api.PyList_New(0);
	while (list && n)
		python.api.PyList_Append(list, (void *)(uintptr_t)reach->object[up[--n]]);
	return list;
}

void *heap_walk_reached(void *unused, void *object)
{
	(void)unused;
	return python.api.PyLong_FromLong(reach && *heap_walk_slot(object));
}

void *heap_walk_index(void *unused, void *arguments)
{
	void *list = python.api.PyTuple_GetItem(arguments, 0);
	const void *wanted = python.api.PyTuple_GetItem(arguments, 1);
	long n = python.api.PyList_Size(list), i = 0;
	(void)unused;
	n = n < HEAP_WALK_INDEX_MOST ? n : HEAP_WALK_INDEX_MOST;
	while (i < n && python.api.PyList_GetItem(list, i) != wanted)
		i++;
	return python.api.PyLong_FromLong(i < n ? i : -1);
}

void heap_walk_end(void)
{
	struct heap_walk *done = reach;
	reach = NULL;
	if (!done)
		return;
	for (uint32_t i = 0; i < done->n; i++)
		python.api.Py_DecRef((void *)(uintptr_t)done->object[i]);
	own_unmap(done, sizeof *done);
}
