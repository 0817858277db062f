/*
 * See instance_layout.h.
 *
 * Where an instance keeps its attributes, by version: up to 3.10 behind a dict pointer at
 * tp_dictoffset; 3.11 values and dict in two words before the collector's head; 3.12 one such word,
 * odd for values; 3.13 on, values inside the object and the dict in a word before it.
 */
#include "instance_layout.h"

enum { DICT_BYTES = 64, HEAD_BYTES = 16 }; /* a dict with its collector's head */

static uint64_t round_up_8(uint64_t n)
{
	return (n + 7) & ~7ull;
}

/* How many entries a key table has room for, used ones included. */
static uint64_t keys_room(const void *keys)
{
	uint64_t size = python.layout->unicode_keys ? 1ull << load8(keys, 8) : load64(keys, 8);
	return size * 2 / 3;
}

/* The shared table shrinks: places left and taken. */
static uint64_t shared_keys_room(const void *keys)
{
	return python.layout->unicode_keys ? load64(keys, 16) + load64(keys, 24)
	                                   : load64(keys, 24) + load64(keys, 32);
}

uint64_t instance_keys_bytes(const void *keys)
{
	if (python.layout->unicode_keys) {
		enum { HEADER = 32, GENERAL = 24, UNICODE = 16 };
		if (load8(keys, 8) == 0)
			return 0; /* the empty table is static */
		return HEADER + (1ull << load8(keys, 9)) +
		       keys_room(keys) * (load8(keys, 10) ? UNICODE : GENERAL);
	}
	uint64_t size = load64(keys, 8);
	unsigned index_bytes = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
	return size <= 1 ? 0 : 40 + size * index_bytes + 24 * keys_room(keys);
}

/* 3.11, 3.12: the values of an instance or of its dict, in a block of their own. */
static uint64_t values_block_bytes(const void *keys)
{
	uint64_t room = shared_keys_room(keys);
	return round_up_8(room + 2) + 8 * room;
}

static void instance_layout_measure_dict(const struct type_info *info, const void *object,
                                         const void *dict, struct instance_layout *out)
{
	const void *keys = load_pointer(dict, DICT_KEYS);
	const void *values = load_pointer(dict, DICT_VALUES);
	unsigned minor = python.layout->minor;

	out->dict_seen = true;
	out->dict_bytes = DICT_BYTES;
	if (!values) {
		if (keys != load_pointer(info->type, python.layout->type_cached_keys))
			out->keys_bytes = instance_keys_bytes(keys);
		return;
	}

	uint64_t distance = (uint64_t)values - (uint64_t)object;
	if (minor >= 13 && distance < 4096)
		return; /* they are inside the object */
	out->values_bytes = minor >= 11 ? values_block_bytes(keys) : 8 * keys_room(keys);
}

static void measure_managed(const struct type_info *info, const void *object,
                            struct instance_layout *out)
{
	const char *before = (const char *)object;
	const void *keys = load_pointer(info->type, python.layout->type_cached_keys);
	const void *dict = load_pointer(before - 24, 0);
	unsigned minor = python.layout->minor;

	if (minor == 11 && load_pointer(before - 32, 0) && keys)
		out->values_bytes = values_block_bytes(keys);
	if (minor == 12 && (uint64_t)dict & 1) {
		out->values_bytes = keys ? values_block_bytes(keys) : 0;
		return;
	}

	if (dict)
		instance_layout_measure_dict(info, object, dict, out);
}

static uint64_t own_bytes(const struct type_info *info, const void *object)
{
	uint64_t n = info->offset + (uint64_t)info->basic_bytes;
	uint64_t item = load64(info->type, TYPE_ITEM_SIZE);
	if (item) {
		int64_t count = (int64_t)load64(object, VAR_SIZE);
		n += item * (uint64_t)(count < 0 ? -count : count);
	}
	if (info->traits & TYPE_HAS_VALUES) {
		uint64_t room = load8(object, round_up_8(info->basic_bytes));
		n = round_up_8(n) + 8 + round_up_8(room) + 8 * room;
	}
	return n;
}

struct instance_layout instance_measure(const struct type_info *info, const void *object)
{
	struct instance_layout out = {.object_bytes = own_bytes(info, object)};
	uint64_t flags = load64(info->type, TYPE_FLAGS);
	int64_t dict_offset = (int64_t)load64(info->type, TYPE_DICT_OFFSET);
	if (python.layout->minor >= 11 && flags & TYPE_MANAGED_DICT)
		measure_managed(info, object, &out);
	else if (dict_offset > 0 && load_pointer(object, (size_t)dict_offset))
		instance_layout_measure_dict(info, object,
		                             load_pointer(object, (size_t)dict_offset), &out);
	return out;
}

/* ---- attributes ---- */

/* Behind variable-sized objects the offset counts from their end. */
static void *dict_at_offset(const struct type_info *info, const void *object)
{
	int64_t offset = (int64_t)load64(info->type, TYPE_DICT_OFFSET);
	if (offset < 0) {
		int64_t count = (int64_t)load64(object, VAR_SIZE);
		uint64_t items = load64(info->type, TYPE_ITEM_SIZE) *
		                 (uint64_t)(count < 0 ? -count : count);
		offset += (int64_t)round_up_8(info->basic_bytes + items);
	}
	return offset > 0 ? (void *)(uintptr_t)load_pointer(object, (size_t)offset) : NULL;
}

/* A dict of the values of an instance that has no dict.  `values`: its array, by the class's keys. */
static void *dict_of_values(const struct type_info *info, const void *values)
{
	enum { N_ENTRIES = 24, LOG2_INDEX_BYTES = 9, INDICES = 32, ENTRY = 16 };
	const void *keys = load_pointer(info->type, python.layout->type_cached_keys);
	void *dict = keys ? python.api.PyDict_New() : NULL;
	if (!dict)
		return NULL;
	const char *entry = (const char *)keys + INDICES + (1ull << load8(keys, LOG2_INDEX_BYTES));
	uint64_t n = load64(keys, N_ENTRIES);
	for (uint64_t i = 0; i < n; i++) {
		void *name = (void *)(uintptr_t)load_pointer(entry + i * ENTRY, 0);
		void *value = (void *)(uintptr_t)load_pointer(values, 8 * i);
		if (name && value)
			python.api.PyDict_SetItem(dict, name, value);
	}

	return dict;
}

/* Managed attributes, 3.11 on; *values: where they are when there is no dict. */
static void *managed_dict(const struct type_info *info, const void *object, const void **values)
{
	enum { VALID = 3, ARRAY = 8 };
	const char *before = (const char *)object;
	void *dict = (void *)(uintptr_t)load_pointer(before - 24, 0);
	if (python.layout->minor == 11)
		*values = load_pointer(before - 32, 0);
	if (python.layout->minor == 12 && (uintptr_t)dict & 1) {
		*values = (char *)dict + 1;
		return NULL;
	}

	if (info->traits & TYPE_HAS_VALUES && load8(object, round_up_8(info->basic_bytes) + VALID))
		*values = (const char *)object + round_up_8(info->basic_bytes) + ARRAY;
	return dict;
}

const void *instance_dict(const struct type_info *info, void *object)
{
	const void *values = NULL;

	if (python.layout->minor >= 11 && load64(info->type, TYPE_FLAGS) & TYPE_MANAGED_DICT)
		return managed_dict(info, object, &values);
	return dict_at_offset(info, object);
}

void instance_each_value(const struct type_info *info, void *object,
                         void (*each)(const void *name, const void *value))
{
	enum { N_ENTRIES = 24, LOG2_INDEX_BYTES = 9, INDICES = 32, ENTRY = 16 };
	const void *keys = load_pointer(info->type, python.layout->type_cached_keys);
	const void *values = NULL;

	if (python.layout->minor < 11 || !keys ||
	    !(load64(info->type, TYPE_FLAGS) & TYPE_MANAGED_DICT) ||
	    managed_dict(info, object, &values) || !values)
		return;
	const char *entry = (const char *)keys + INDICES + (1ull << load8(keys, LOG2_INDEX_BYTES));
	for (uint64_t i = 0, n = load64(keys, N_ENTRIES); i < n; i++) {
		const void *name = load_pointer(entry + i * ENTRY, 0);
		const void *value = load_pointer(values, 8 * i);

		if (name && value)
			each(name, value);
	}
}

void *instance_attributes(const struct type_info *info, void *object)
{
	bool managed = python.layout->minor >= 11 &&
	               load64(info->type, TYPE_FLAGS) & TYPE_MANAGED_DICT;
	const void *values = NULL;
	void *dict = managed ? managed_dict(info, object, &values) : dict_at_offset(info, object);
	if (!dict)
		return values ? dict_of_values(info, values) : NULL;
	python.api.Py_IncRef(dict);
	return dict;
}
