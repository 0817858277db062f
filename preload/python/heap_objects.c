/* See heap_objects.h.  The offsets have been the same since 3.8 unless a version is named. */
#include "heap_objects.h"

#include "instance_layout.h"

enum {
	LIST_ITEMS = 24,
	LIST_ALLOCATED = 32,
	DICT_USED = 16,
	SET_USED = 24,
	SET_MASK = 32,
	SET_TABLE = 40,
	SET_SMALL_TABLE = 56,
	SET_ENTRY_BYTES = 16,
	BYTEARRAY_ALLOCATED = 24,
	BYTEARRAY_BYTES = 32,
	DIGIT_BYTES = 4,
	VIEW_BYTES = 72,
	ARRAY_DIMENSIONS = 24,
	ARRAY_SHAPE = 32,
};

static uint64_t count_of(const void *object)
{
	int64_t n = (int64_t)load64(object, VAR_SIZE);

	return (uint64_t)(n < 0 ? -n : n);
}

static uint64_t str_bytes(const void *str)
{
	enum { STATE_COMPACT = 1u << 5, STATE_ASCII = 1u << 6 };
	uint32_t state = load32(str, STR_STATE);
	uint64_t n = load64(str, STR_LENGTH) + 1, kind = state >> 2 & 7;
	bool compact = state & STATE_COMPACT, ascii = state & STATE_ASCII;

	return (compact && ascii ? python.layout->str_ascii : python.layout->str_compact) +
	       n * (kind ? kind : 1);
}

static void measure_list(const void *object, struct heap_object *out)
{
	out->length = count_of(object);
	out->has_length = true;
	out->storage = load_pointer(object, LIST_ITEMS);
	out->own_bytes += 8 * load64(object, LIST_ALLOCATED);
}

static void heap_objects_measure_dict(const void *object, struct heap_object *out)
{
	out->length = load64(object, DICT_USED);
	out->has_length = true;
	if (load_pointer(object, DICT_VALUES))
		return; /* an instance's: the keys are the class's */
	out->storage = load_pointer(object, DICT_KEYS);
	out->own_bytes += instance_keys_bytes(out->storage);
}

static void measure_set(const void *object, struct heap_object *out)
{
	const void *table = load_pointer(object, SET_TABLE);

	out->length = load64(object, SET_USED);
	out->has_length = true;
	if (table == (const char *)object + SET_SMALL_TABLE)
		return;
	out->storage = table;
	out->own_bytes += (load64(object, SET_MASK) + 1) * SET_ENTRY_BYTES;
}

static void measure_bytearray(const void *object, struct heap_object *out)
{
	out->length = count_of(object);
	out->has_length = true;
	out->storage = load_pointer(object, BYTEARRAY_BYTES);
	out->own_bytes += load64(object, BYTEARRAY_ALLOCATED);
}

/* Items of an array, bytes of a view. */
static void measure_array(const void *object, struct heap_object *out)
{
	uint32_t n = load32(object, ARRAY_DIMENSIONS);
	const uint64_t *shape = load_pointer(object, ARRAY_SHAPE);

	out->has_length = true;
	out->length = 1;
	for (uint32_t i = 0; shape && i < n && i < 64; i++)
		out->length *= shape[i];
}

/* What its type's own __sizeof__ says, without the head. */
static void measure_by_method(const struct heap_type *t, void *object, struct heap_object *out)
{
	void *result = python.api.PyObject_CallFunctionObjArgs(t->sizeof_method, object, NULL);
	long n = result ? python.api.PyLong_AsLong(result) : 0;

	if (result)
		python.api.Py_DecRef(result);
	else
		python.api.PyErr_Clear();
	if (n > 0)
		out->own_bytes = t->header_bytes + (uint64_t)n;
}

/* A class's dict, and its tuples of bases. */
static uint64_t class_tables_bytes(const void *class)
{
	enum { DICT_OBJECT_BYTES = 64, TUPLE_BYTES = 40, BASES_BYTES = 48 };
	const void *dict = load_pointer(class, TYPE_DICT), *mro = load_pointer(class, TYPE_MRO);
	uint64_t n = 0;

	if (!(load64(class, TYPE_FLAGS) & TYPE_HEAP))
		return 0;
	if (dict)
		n += DICT_OBJECT_BYTES + instance_keys_bytes(load_pointer(dict, DICT_KEYS));
	if (mro)
		n += TUPLE_BYTES + 8 * count_of(mro) + BASES_BYTES;
	return n;
}

/* The object's own block. */
static uint64_t block_bytes(const struct heap_type *t, const void *object)
{
	uint64_t item_bytes = t->is_uncounted ? 0 : load64(t->type, TYPE_ITEM_SIZE);
	uint64_t n = t->header_bytes + load64(t->type, TYPE_BASIC_SIZE);

	if (t->kind == HEAP_INT)
		return load64(t->type, TYPE_BASIC_SIZE) +
		       DIGIT_BYTES * (python.layout->minor >= 12 ? load64(object, VAR_SIZE) >> 3
		                                                 : count_of(object));
	if (t->kind == HEAP_STR)
		return str_bytes(object);
	if (t->kind == HEAP_CLASS)
		return n + class_tables_bytes(object);
	return n + (item_bytes ? item_bytes * count_of(object) : 0);
}

struct heap_object heap_object_measure(const struct heap_type *t, void *object)
{
	struct heap_object out = {0};

	if (t->is_instance && t->info) {
		struct instance_layout l = instance_measure(t->info, object);
		out.own_bytes = l.object_bytes + l.values_bytes; /* its dict is an object itself */
	} else {
		out.own_bytes = block_bytes(t, object);
	}

	switch (t->base_kind) {
	case HEAP_LIST:
		measure_list(object, &out);
		break;
	case HEAP_TUPLE:
		out.length = count_of(object);
		out.has_length = true;
		break;
	case HEAP_DICT:
		heap_objects_measure_dict(object, &out);
		break;
	case HEAP_SET:
		measure_set(object, &out);
		break;
	case HEAP_BYTEARRAY:
		measure_bytearray(object, &out);
		break;
	case HEAP_ARRAY:
		measure_array(object, &out);
		break;
	case HEAP_VIEW:
		out.length = load64(object, VIEW_BYTES);
		out.has_length = true;
		break;
	case HEAP_DEQUE:
		out.length = count_of(object);
		out.has_length = true;
		break;
	default:
		break;
	}
	if (t->sizeof_method)
		measure_by_method(t, object, &out);
	return out;
}
