/* See heap_types.h. */
#include "heap_types.h"

#include "base/own_memory.h"
#include "../trace_format.h"
#include "heap_output.h"
#include "py_read.h"

#define TABLE_SLOTS (1u << 15)
#define TYPES_MOST 16384u

/* tp_flags of classes derived from a built-in one */
enum {
	FLAG_INT = 1u << 24,
	FLAG_LIST = 1u << 25,
	FLAG_TUPLE = 1u << 26,
	FLAG_DICT = 1u << 29,
	FLAG_TYPE = 1u << 31,
};

struct heap_types {
	uint32_t n, n_defined;
	uint32_t slot[TABLE_SLOTS]; /* number + 1, by address */
	struct heap_type type[TYPES_MOST];
};

static struct heap_types *table; /* protected by the GIL */

static const char *name_of_type(const void *type)
{
	const char *name = load_pointer(type, TYPE_NAME);

	return name ? name : "";
}

static const void *static_base(const void *type)
{
	while (type && load64(type, TYPE_FLAGS) & TYPE_HEAP)
		type = load_pointer(type, TYPE_BASE);
	return type;
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* What instances of this static type look like. */
static enum heap_kind kind_of_static(const void *type)
{
	static const char *const skipped[] = {"NoneType",
	                                      "bool",
	                                      "ellipsis",
	                                      "NotImplementedType",
	                                      "code",
	                                      "builtin_function_or_method",
	                                      "wrapper_descriptor",
	                                      "method_descriptor",
	                                      "getset_descriptor",
	                                      "member_descriptor",
	                                      "classmethod_descriptor",
	                                      "method-wrapper",
	                                      NULL};
	static const struct {
		const char *name;
		enum heap_kind kind;
	} known[] = {
		{"str", HEAP_STR},
		{"int", HEAP_INT},
		{"list", HEAP_LIST},
		{"tuple", HEAP_TUPLE},
		{"dict", HEAP_DICT},
		{"set", HEAP_SET},
		{"frozenset", HEAP_SET},
		{"type", HEAP_CLASS},
		{"function", HEAP_FUNCTION},
		{"method", HEAP_METHOD},
		{"module", HEAP_MODULE},
		{"frame", HEAP_FRAME},
		{"bytearray", HEAP_BYTEARRAY},
		{"numpy.ndarray", HEAP_ARRAY},
		{"memoryview", HEAP_VIEW},
	};
	const char *name = name_of_type(type);

	if (is_one_of(name, skipped))
		return HEAP_SKIPPED;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].kind;
	return load64(type, TYPE_FLAGS) & TYPE_GC ? HEAP_OTHER : HEAP_LEAF;
}

/* Kind of the storage that instances of a static base have. */
static enum heap_kind base_kind_of(const void *type, const void *base)
{
	uint64_t flags = load64(type, TYPE_FLAGS);

	if (flags & FLAG_LIST)
		return HEAP_LIST;
	if (flags & FLAG_DICT)
		return HEAP_DICT;
	if (flags & FLAG_TUPLE)
		return HEAP_TUPLE;
	if (flags & FLAG_TYPE)
		return HEAP_CLASS;
	for (; type;
	     type = load_pointer(type, TYPE_BASE)) /* static or not, as the version has it */
		if (strcmp(name_of_type(type), "collections.deque") == 0)
			return HEAP_DEQUE;
	return base ? kind_of_static(base) : HEAP_OTHER;
}

/* The attribute of this class itself, borrowed; NULL: none, or the class keeps its dict elsewhere. */
static void *own_attribute(const void *type, const char *name)
{
	void *dict = (void *)(uintptr_t)load_pointer(type, TYPE_DICT);

	return dict ? python.api.PyDict_GetItemString(dict, name) : NULL;
}

/* __sizeof__ of a type of C code that knows more than object's; no code of the program runs. */
static void *find_sizeof(const void *type)
{
	for (; type && load64(type, TYPE_FLAGS) & TYPE_HEAP; type = load_pointer(type, TYPE_BASE)) {
		void *own = own_attribute(type, "__sizeof__");

		if (own && strcmp(name_of_type(load_pointer(own, OBJ_TYPE)), "method_descriptor"))
			return NULL;
		if (own)
			return own;
	}
	if (!type || type == python.api.PyBaseObject_Type)
		return NULL;
	void *found = python.api.PyObject_GetAttrString((void *)(uintptr_t)type, "__sizeof__");
	void *plain = python.api.PyObject_GetAttrString(python.api.PyBaseObject_Type, "__sizeof__");
	bool own = found && found != plain;

	/* The type keeps both. */
	if (found)
		python.api.Py_DecRef(found);
	if (plain)
		python.api.Py_DecRef(plain);
	python.api.PyErr_Clear();
	return own ? found : NULL;
}

static unsigned header_of(uint64_t flags)
{
	unsigned minor = python.layout->minor;
	uint64_t in_front = minor < 11    ? 0
	                    : minor == 11 ? TYPE_MANAGED_DICT
	                                  : TYPE_MANAGED_DICT | TYPE_MANAGED_WEAKREF;

	if (!(flags & TYPE_GC))
		return 0;
	return flags & in_front ? 32 : 16;
}

static void heap_types_put_text(const char *s)
{
	size_t n = pt_min(strlen(s), (size_t)256);

	heap_put_number(n);
	heap_put_bytes(s, n);
}

void heap_type_define(struct heap_type *t)
{
	struct py_thread *thread = self_tls ? py_thread_of(self_tls) : NULL;
	const void *base = static_base(t->type);

	if (t->is_defined)
		return;
	t->is_defined = true;
	t->number = table->n_defined++;
	heap_put_byte(PTF_HEAP_TYPE);
	heap_put_number(t->info && thread ? types_class(thread, t->info) : 0);
	heap_put_number(load64(t->type, TYPE_FLAGS) & UINT32_MAX);
	heap_types_put_text(name_of_type(t->type));
	heap_types_put_text(base ? name_of_type(base) : "");
}

static void learn(struct heap_type *t, const void *type)
{
	struct py_thread *thread = self_tls ? py_thread_of(self_tls) : NULL;
	uint64_t flags = load64(type, TYPE_FLAGS);
	const void *base = static_base(type);

	static const char *const uncounted[] = {"frame", "generator", "coroutine",
	                                        "async_generator", NULL};

	t->type = type;
	t->is_uncounted = python.layout->minor >= 11 && is_one_of(name_of_type(type), uncounted);
	t->info = thread ? types_find(thread, type) : NULL;
	t->is_gc = flags & TYPE_GC;
	t->is_heap = flags & TYPE_HEAP;
	t->header_bytes = (uint8_t)header_of(flags);
	t->base_kind = (uint8_t)base_kind_of(type, base);
	if (!t->is_heap)
		t->kind = (uint8_t)kind_of_static(type);
	else if (t->base_kind == HEAP_CLASS)
		t->kind = HEAP_CLASS;
	else
		t->kind = t->is_gc ? HEAP_OTHER : HEAP_LEAF;
	t->is_instance = t->is_heap && t->kind == HEAP_OTHER;
	t->sizeof_method = t->base_kind == HEAP_OTHER || t->base_kind == HEAP_LEAF ||
	                                   t->base_kind == HEAP_DEQUE ||
	                                   t->base_kind == HEAP_ARRAY || t->base_kind == HEAP_VIEW
	                           ? find_sizeof(type)
	                           : NULL;
}

struct heap_type *heap_type_of(const void *type)
{
	if (!table)
		table = own_map(sizeof *table);
	if (!table)
		return NULL;
	for (uint32_t i = (uint32_t)((uintptr_t)type * 0x9E3779B97F4A7C15ull >> 49);; i++) {
		uint32_t *slot = &table->slot[i & (TABLE_SLOTS - 1)];

		if (*slot && table->type[*slot - 1].type == type)
			return &table->type[*slot - 1];
		if (*slot)
			continue;
		if (table->n == TYPES_MOST)
			return NULL;
		struct heap_type *t = &table->type[table->n];
		*slot = ++table->n;
		learn(t, type);
		return t;
	}
}

/* Slots that a class of the MRO adds, from the member descriptors in its dict. */
static void read_slots_of(struct heap_type *t, void *dict)
{
	enum { DESCRIPTOR_MEMBER = 40, MEMBER_OFFSET = 16 };
	void *key, *value;
	long at = 0;

	while (t->n_slots < HEAP_SLOTS_MOST && python.api.PyDict_Next(dict, &at, &key, &value)) {
		if (strcmp(name_of_type(load_pointer(value, OBJ_TYPE)), "member_descriptor"))
			continue;
		const void *member = load_pointer(value, DESCRIPTOR_MEMBER);
		const char *name = member ? load_pointer(member, 0) : NULL;

		if (name)
			t->slots[t->n_slots++] = (struct heap_slot){load32(member, MEMBER_OFFSET),
			                                            name};
	}
}

void heap_type_read_slots(struct heap_type *t)
{
	const void *mro = load_pointer(t->type, TYPE_MRO);
	uint64_t n = mro ? load64(mro, VAR_SIZE) : 0;

	t->has_slots_read = true;
	for (uint64_t i = 0; i < n; i++) {
		const void *base = py_read_tuple(python.layout, mro, i);
		void *dict = base && load64(base, TYPE_FLAGS) & TYPE_HEAP
		                     ? (void *)(uintptr_t)load_pointer(base, TYPE_DICT)
		                     : NULL;

		if (dict)
			read_slots_of(t, dict);
	}
}

void heap_types_end(void)
{
	if (table)
		own_unmap(table, sizeof *table);
	table = NULL;
}
