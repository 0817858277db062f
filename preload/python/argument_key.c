/* See argument_key.h. */
#include "argument_key.h"

#include "py_read.h"

#define HASHED_BYTES 4096u /* of a string or bytes; of longer ones the length counts, too */
#define TUPLE_DEPTH 2u
#define TUPLE_ITEMS 16u

static void add_word(struct argument_key *k, uint64_t word)
{
	uint64_t mixed = (k->hash ^ word) * 0x9E3779B97F4A7C15ull;

	k->hash = (uint32_t)(mixed ^ mixed >> 32);
}

static void add_bytes(struct argument_key *k, const void *bytes, uint64_t n)
{
	const uint8_t *p = bytes;

	add_word(k, n);
	for (uint64_t i = 0; i < n && i < HASHED_BYTES; i += 8) {
		uint64_t word = 0;

		__builtin_memcpy(&word, p + i, pt_min(n - i, (uint64_t)8));
		add_word(k, word);
	}
}

static void add_str(struct argument_key *k, const void *str)
{
	char text[PY_READ_TEXT_BYTES];
	size_t n = py_read_str(python.layout, str, text, sizeof text);

	add_word(k, load64(str, STR_LENGTH));
	add_bytes(k, text, n);
}

/* Up to 3.11 the size is the number of digits, negative for a negative number; from 3.12 on it is in a tag. */
static void add_int(struct argument_key *k, const void *object)
{
	enum { INT_DIGITS = 24, TAG_BITS = 3, DIGIT_BYTES = 4 };
	int64_t size = (int64_t)load64(object, VAR_SIZE);
	uint64_t n = python.layout->minor >= 12 ? (uint64_t)size >> TAG_BITS
	                                        : (uint64_t)(size < 0 ? -size : size);

	add_word(k, (uint64_t)size);
	add_bytes(k, (const char *)object + INT_DIGITS, n * DIGIT_BYTES);
}

static void add_object(struct argument_key *k, const void *object)
{
	if (k->n_objects < ARGUMENT_OBJECTS)
		k->object[k->n_objects++] = (uint64_t)object;
}

static void add_value(struct argument_key *k, const void *object, unsigned depth)
{
	enum { FLOAT_VALUE = 16, BYTES_DATA = 32 };
	const void *type = load_pointer(object, OBJ_TYPE);

	add_word(k, (uint64_t)type);
	if (type == python.api.PyUnicode_Type)
		add_str(k, object);
	else if (type == python.api.PyLong_Type)
		add_int(k, object);
	else if (type == python.api.PyFloat_Type)
		add_word(k, load64(object, FLOAT_VALUE));
	else if (type == python.api.PyBytes_Type)
		add_bytes(k, (const char *)object + BYTES_DATA, load64(object, VAR_SIZE));
	else if (type != python.api.PyTuple_Type || depth >= TUPLE_DEPTH)
		add_object(k, object);
	else
		for (uint64_t i = 0; i < load64(object, VAR_SIZE) && i < TUPLE_ITEMS; i++)
			add_value(k, py_read_tuple(python.layout, object, i), depth + 1);
}

void argument_key_add(struct argument_key *k, const void *object)
{
	if (object)
		add_value(k, object, 0);
}

void argument_key_of_call(struct argument_key *k, void *arguments, void *keywords)
{
	void *name, *value;
	long at = 0;

	for (uint64_t i = 0; arguments && i < load64(arguments, VAR_SIZE) && i < TUPLE_ITEMS; i++)
		argument_key_add(k, py_read_tuple(python.layout, arguments, i));
	while (keywords && python.api.PyDict_Next(keywords, &at, &name, &value))
		argument_key_add(k, value);
}
