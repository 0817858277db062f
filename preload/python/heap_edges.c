/* See heap_edges.h. */
#include "heap_edges.h"

#include "../trace_format.h"
#include "heap_index.h"
#include "heap_output.h"
#include "instance_layout.h"
#include "py_read.h"

#define NAMED_DICT_MOST 64u    /* a longer dict's keys are data */
#define NAMED_OF_TYPE_MOST 64u /* instances of a type whose attributes are named */
#define PAIRS_MOST 64u

enum { TYPE_TRAVERSE = 184, TYPE_IS_GC = 328, NAME_NONE = 0, NAME_KEY = 1, NAME_NEW = 2 };

/* Offsets in a function. */
struct function_offsets {
	uint16_t defaults, keyword_defaults, closure, dict;
};

static struct {
	bool is_full;
	bool is_named; /* the list that is being written has names */
	uint32_t n_names;
	int64_t last_address; /* of the previous node's block */
	struct function_offsets function;

	/* Of the instance whose edges are being written. */
	const void *own_dict;
	uint32_t n_pairs;
	struct {
		const void *value, *str;
		const char *text;
	} pair[PAIRS_MOST];
} edges; /* protected by the GIL */

void heap_edges_start(void)
{
	__builtin_memset(&edges, 0, sizeof edges);
	edges.n_names = 2;
	edges.is_named = true;
	edges.function = python.layout->minor < 10 ? (struct function_offsets){32, 40, 48, 72}
	                                           : (struct function_offsets){56, 64, 72, 88};
}

bool heap_edges_full(void)
{
	return edges.is_full;
}

/* ---- names ---- */

void heap_put_name(const void *str, const char *text)
{
	char buffer[128];
	const void *key = str ? str : text;
	uint32_t known = key ? heap_index_name(key, edges.n_names + 1) : NAME_NONE;

	if (known || !key) {
		heap_put_number(known);
		return;
	}
	size_t n = str ? py_read_str(python.layout, str, buffer, sizeof buffer)
	               : pt_min(strlen(text), sizeof buffer);
	edges.n_names++;
	heap_put_number(NAME_NEW);
	heap_put_number(n);
	heap_put_bytes(str ? buffer : text, n);
}

/* ---- which objects the graph has ---- */

static bool is_bare_function(const void *function)
{
	const struct function_offsets *o = &edges.function;

	return !load_pointer(function, o->closure) && !load_pointer(function, o->dict) &&
	       (!load_pointer(function, o->defaults) ||
	        load_pointer(function, o->defaults) == python.api._Py_NoneStruct) &&
	       (!load_pointer(function, o->keyword_defaults) ||
	        load_pointer(function, o->keyword_defaults) == python.api._Py_NoneStruct);
}

/* Small numbers are shared by all. */
static bool is_small_int(const void *object)
{
	enum { DIGIT = 24, SHARED_MOST = 256 };
	bool one_digit = python.layout->minor >= 12 ? load64(object, VAR_SIZE) >> 3 <= 1
	                                            : load64(object, VAR_SIZE) + 1 <= 2;

	return one_digit && load32(object, DIGIT) <= SHARED_MOST;
}

static bool is_wanted(const struct heap_type *t, const void *object)
{
	enum { INTERNED = 3 };

	switch (t->kind) {
	case HEAP_SKIPPED:
		return false;
	case HEAP_STR:
		return !(load32(object, STR_STATE) & INTERNED);
	case HEAP_INT:
		return !is_small_int(object);
	case HEAP_CLASS:
		return load64(object, TYPE_FLAGS) & TYPE_HEAP;
	case HEAP_FUNCTION:
		return !is_bare_function(object);
	default:
		return true;
	}
}

bool heap_meet(void *object, bool *is_new)
{
	if (heap_index_find(object) != HEAP_NONE) {
		*is_new = false;
		return true;
	}

	if (heap_object_is_dead(object))
		return false;
	const struct heap_type *t = heap_type_of(load_pointer(object, OBJ_TYPE));
	if (!t || !is_wanted(t, object))
		return false;
	if (!heap_index_add(object)) {
		edges.is_full = true;
		return false;
	}

	*is_new = true;
	return true;
}

/* ---- edges ---- */

static bool put_target(void *object)
{
	bool is_new;

	if (!object || !heap_meet(object, &is_new))
		return false;
	heap_put_number(is_new ? 1 : 2 + (uint64_t)heap_index_find(object));
	return true;
}

void heap_put_edge(void *object, const void *str, const char *text)
{
	if (put_target(object) && edges.is_named)
		heap_put_name(str, text);
}

static void put_key_edge(void *object)
{
	if (put_target(object) && edges.is_named)
		heap_put_number(NAME_KEY);
}

void heap_put_no_edge(void)
{
	heap_put_number(0);
	edges.is_named = true; /* as roots are */
}

/* ---- instances ---- */

static void add_pair(const void *value, const void *str, const char *text)
{
	if (!value || edges.n_pairs == PAIRS_MOST)
		return;
	edges.pair[edges.n_pairs].value = value;
	edges.pair[edges.n_pairs].str = str;
	edges.pair[edges.n_pairs++].text = text;
}

static void add_value_pair(const void *name, const void *value)
{
	add_pair(value, name, NULL);
}

static bool is_str(const void *object)
{
	return load64(load_pointer(object, OBJ_TYPE), TYPE_FLAGS) & TYPE_STR_SUBCLASS;
}

/* 3.13+: tp_traverse visits values that lie in the instance, although it has a dict. */
static void put_dict_pairs(void)
{
	void *key, *value;
	long at = 0;

	while (edges.own_dict && edges.n_pairs < PAIRS_MOST &&
	       python.api.PyDict_Next((void *)(uintptr_t)edges.own_dict, &at, &key, &value))
		if (is_str(key))
			add_pair(value, key, NULL);
}

static void heap_edges_collect_pairs(struct heap_type *t, void *object)
{
	edges.n_pairs = 0;
	if (!edges.is_named)
		return;
	if (!t->has_slots_read)
		heap_type_read_slots(t);
	for (uint32_t i = 0; i < t->n_slots; i++)
		add_pair(load_pointer(object, t->slots[i].offset), NULL, t->slots[i].name);
	if (t->info)
		instance_each_value(t->info, object, add_value_pair);
	put_dict_pairs();
}

static int visit(void *object, void *unused)
{
	(void)unused;
	if (!object || object == edges.own_dict)
		return 0;
	for (uint32_t i = 0; i < edges.n_pairs; i++)
		if (edges.pair[i].value == object) {
			heap_put_edge(object, edges.pair[i].str, edges.pair[i].text);
			return 0;
		}
	heap_put_edge(object, NULL, NULL);
	return 0;
}

/* What the object refers to, if the collector may ask it. */
static void traverse(const void *object)
{
	int (*ask)(const void *, int (*)(void *, void *), void *);
	int (*is_gc)(const void *);
	const void *type = load_pointer(object, OBJ_TYPE);
	const void *t = load_pointer(type, TYPE_TRAVERSE), *g = load_pointer(type, TYPE_IS_GC);

	if (!t || !(load64(type, TYPE_FLAGS) & TYPE_GC))
		return;
	__builtin_memcpy(&is_gc, &g, sizeof is_gc);
	if (is_gc && !is_gc(object))
		return;
	__builtin_memcpy(&ask, &t, sizeof ask);
	ask(object, visit, NULL);
}

/* Values of a dict under their keys' names; other keys are edges of their own. */
static void put_dict(void *dict, bool keys_are_names)
{
	void *key, *value;
	long at = 0;

	while (python.api.PyDict_Next(dict, &at, &key, &value)) {
		bool named = keys_are_names && is_str(key);

		if (!named)
			put_key_edge(key);
		heap_put_edge(value, named ? key : NULL, NULL);
	}
}

static void put_attributes(struct heap_type *t, void *object)
{
	edges.own_dict = t->info ? instance_dict(t->info, object) : NULL;
	heap_edges_collect_pairs(t, object);
	if (t->base_kind == HEAP_DICT) {
		put_dict(object, false);
		for (uint32_t i = 0; i < edges.n_pairs; i++)
			heap_put_edge((void *)(uintptr_t)edges.pair[i].value, edges.pair[i].str,
			              edges.pair[i].text);
	} else {
		traverse(object);
	}

	heap_put_edge((void *)(uintptr_t)edges.own_dict, NULL, "__dict__");
	edges.own_dict = NULL;
	edges.n_pairs = 0;
}

/* ---- functions ---- */

/* Names of a closure's variables: a tuple, and where in it they begin. */
static const void *free_variables(const void *code, uint64_t n_cells, uint64_t *first)
{
	enum { CODE_FREEVARS_OLD = 80 };
	const struct layout *l = python.layout;

	*first = 0;
	if (l->minor < 11)
		return load_pointer(code, CODE_FREEVARS_OLD);
	const void *names = load_pointer(code, l->code_names);
	uint64_t n = names ? load64(names, VAR_SIZE) : 0;
	*first = n >= n_cells ? n - n_cells : 0;
	return names;
}

static void put_function(const void *function)
{
	const struct function_offsets *o = &edges.function;
	const void *closure = load_pointer(function, o->closure);
	uint64_t n = closure ? load64(closure, VAR_SIZE) : 0, first = 0;
	const void *names = n ? free_variables(load_pointer(function, python.layout->func_code), n,
	                                       &first)
	                      : NULL;

	for (uint64_t i = 0; i < n; i++)
		heap_put_edge((void *)(uintptr_t)py_read_tuple(python.layout, closure, i),
		              py_read_tuple(python.layout, names, first + i), NULL);
	heap_put_edge((void *)(uintptr_t)load_pointer(function, o->defaults), NULL, "__defaults__");
	heap_put_edge((void *)(uintptr_t)load_pointer(function, o->keyword_defaults), NULL,
	              "__kwdefaults__");
	heap_put_edge((void *)(uintptr_t)load_pointer(function, o->dict), NULL, "__dict__");
}

static void put_method(const void *method)
{
	heap_put_edge((void *)(uintptr_t)load_pointer(method, METHOD_FUNC), NULL, "__func__");
	heap_put_edge((void *)(uintptr_t)load_pointer(method, METHOD_SELF), NULL, "__self__");
}

static void heap_edges_put_class(const void *class)
{
	void *dict = (void *)(uintptr_t)load_pointer(class, TYPE_DICT);

	if (dict)
		put_dict(dict, true);
}

/* A view keeps the array that it looks at; numpy's arrays are unknown to the collector. */
static void heap_edges_put_array(const void *array)
{
	enum { ARRAY_BASE = 48 };

	heap_put_edge((void *)(uintptr_t)load_pointer(array, ARRAY_BASE), NULL, "base");
}

/* ---- nodes ---- */

static const void *code_label(const void *code)
{
	const struct layout *l = python.layout;

	return load_pointer(code, l->code_qualname ? l->code_qualname : l->code_name);
}

static const void *frame_label(const void *frame)
{
	enum { FRAME_OBJECT_FRAME = 24 };
	const struct layout *l = python.layout;

	if (l->minor >= 11)
		frame = load_pointer(frame, FRAME_OBJECT_FRAME);
	const void *code = frame ? untag(load_pointer(frame, l->frame_code)) : NULL;
	return code ? code_label(code) : NULL;
}

static const void *generator_label(const void *generator)
{
	unsigned minor = python.layout->minor;

	return load_pointer(generator, minor < 10 ? 56 : minor == 10 ? 48 : minor == 11 ? 40 : 32);
}

/* A str that says which function or class it is, NULL: none. */
static const void *label_of(const struct heap_type *t, const void *object)
{
	const struct layout *l = python.layout;
	const char *name = load_pointer(t->type, TYPE_NAME);

	if (t->kind == HEAP_METHOD)
		object = load_pointer(object, METHOD_FUNC);
	if (t->kind == HEAP_FUNCTION ||
	    (t->kind == HEAP_METHOD &&
	     load_pointer(object, OBJ_TYPE) == python.api.PyFunction_Type))
		return load_pointer(object, l->func_qualname);
	if (t->kind == HEAP_CLASS)
		return load_pointer(object, l->type_qualname);
	if (t->kind == HEAP_FRAME)
		return frame_label(object);
	if (t->kind == HEAP_OTHER && !t->is_heap && name &&
	    (strcmp(name, "generator") == 0 || strcmp(name, "coroutine") == 0 ||
	     strcmp(name, "async_generator") == 0))
		return generator_label(object);
	return NULL;
}

static uint64_t references_of(const void *object)
{
	if (python.layout->minor < 12)
		return load64(object, OBJ_REFERENCES);
	uint32_t n = load32(object, OBJ_REFERENCES);
	return n >> 31 || n >= 3u << 29 ? 0 : n; /* immortal: the upper bits are set */
}

static void put_edges(struct heap_type *t, void *object, bool is_names)
{
	if (t->base_kind == HEAP_DICT && !t->is_instance)
		put_dict(object, is_names || load64(object, 16) <= NAMED_DICT_MOST);
	else if (t->kind == HEAP_FUNCTION)
		put_function(object);
	else if (t->kind == HEAP_METHOD)
		put_method(object);
	else if (t->kind == HEAP_CLASS)
		heap_edges_put_class(object);
	else if (t->kind == HEAP_ARRAY)
		heap_edges_put_array(object);
	else if (t->is_instance)
		put_attributes(t, object);
	else if (t->is_gc)
		traverse(object);
}

static bool wants_names(struct heap_type *t)
{
	if (t->is_instance && t->base_kind != HEAP_DICT)
		return t->n_named++ < NAMED_OF_TYPE_MOST;
	return t->base_kind == HEAP_DICT || t->kind == HEAP_FUNCTION || t->kind == HEAP_METHOD ||
	       t->kind == HEAP_CLASS || t->kind == HEAP_ARRAY;
}

void heap_put_node(void *object, bool is_names)
{
	struct heap_type *t = heap_type_of(load_pointer(object, OBJ_TYPE));
	struct heap_object o = heap_object_measure(t, object);
	const void *label = label_of(t, object);
	int64_t address = (int64_t)(uintptr_t)object - t->header_bytes;

	heap_type_define(t);
	edges.is_named = wants_names(t);
	heap_put_byte(PTF_HEAP_NODE);
	heap_put_number(t->number);
	heap_put_number(
		(edges.is_named ? PTF_HEAP_NAMED : 0u) | (o.has_length ? PTF_HEAP_HAS_LENGTH : 0u) |
		(o.storage ? PTF_HEAP_HAS_STORAGE : 0u) | (label ? PTF_HEAP_HAS_LABEL : 0u));
	heap_put_number(o.own_bytes);
	heap_put_number(references_of(object));
	heap_put_signed((address - edges.last_address) / 8);
	edges.last_address = address;
	if (o.has_length)
		heap_put_number(o.length);
	if (o.storage)
		heap_put_signed(((int64_t)(uintptr_t)o.storage - address) / 8);
	if (label)
		heap_put_name(label, NULL);
	put_edges(t, object, is_names);
	heap_put_no_edge();
}
