/*
 * Bytes of an instance by version: one row a layout, one function for what the rows leave open.
 *
 * Up to 3.10 an instance is the object plus a dict whose values array is as large as the class's
 * shared key table.  3.11 moved the values in front of the object and 3.13 into it; the shared table
 * has at most 30 places, and an instance with more names gets a dict with a table of its own.
 */
#include "slotted_layout.h"

#define DICT_BYTES 64u /* a dict object with the collector's head */
#define OBJECT_BASIC_BYTES 16u
#define GC_HEAD_BYTES 16u
#define MAX_KEYS (1u << 26) /* where a search for a table size gives up */

struct layout {
	uint8_t minor;            /* of 3.x: from this version on */
	uint8_t object_bytes;     /* head, pre-header and object without values */
	bool values_are_separate; /* own block, with a used-order byte per value and two of sizes */
	bool has_inline_limit;
	uint8_t max_shared;     /* values at most; more names than that: a dict of its own */
	uint8_t first_own_keys; /* smallest table of such a dict */
	uint8_t weakref_bytes;  /* what "__weakref__" among the slots adds */
};

static const struct layout layouts[] = {
	{8, 48, true, false, 0, 8, 8},     {11, 56, true, true, 29, 128, 8},
	{12, 48, true, true, 29, 128, 16}, {13, 48, false, true, 29, 128, 16},
	{14, 48, false, true, 30, 64, 16},
};

static uint32_t minor_of(uint32_t python)
{
	return (python >> 8) & 0xff;
}

bool py_layout_knows(uint32_t python)
{
	return python >> 16 == 3 && minor_of(python) >= 8 && minor_of(python) <= 14;
}

static const struct layout *layout_of(uint32_t python)
{
	const struct layout *found = &layouts[0];

	for (uint32_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].minor <= minor_of(python))
			found = &layouts[i];
	return found;
}

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Usable entries of a key table of `size` places. */
static uint64_t usable(uint64_t size)
{
	return 2 * size / 3;
}

static uint64_t table_size(uint64_t first, uint64_t n_names)
{
	uint64_t size = first;

	while (usable(size) < n_names && size < MAX_KEYS)
		size *= 2;
	return size;
}

/* A key table that one dict has to itself: header, indices, entries of hash-free string keys. */
static uint64_t own_keys_bytes(uint64_t size)
{
	return 32 + (size < 256 ? size : 2 * size) + 16 * usable(size);
}

/* Values and their overhead: an order byte each, the sizes, padding. */
static uint64_t values_bytes(const struct layout *l, uint64_t n_values)
{
	uint64_t head = l->values_are_separate ? round_up(n_values + 2, 8)
	                                       : round_up(n_values, 8) + 8;

	return head + 8 * n_values;
}

uint64_t py_layout_dict_bytes(uint32_t python, uint32_t n_attributes)
{
	const struct layout *l = layout_of(python);
	uint64_t n = n_attributes, n_values;

	if (!l->has_inline_limit) {
		if (n == 0)
			return l->object_bytes;
		return l->object_bytes + DICT_BYTES + 8 * usable(table_size(l->first_own_keys, n));
	}
	n_values = n + 1 < l->max_shared ? n + 1 : l->max_shared;
	if (n <= l->max_shared)
		return l->object_bytes + values_bytes(l, n_values);
	return l->object_bytes + (l->values_are_separate ? 0 : values_bytes(l, n_values)) +
	       DICT_BYTES + own_keys_bytes(table_size(l->first_own_keys, n));
}

uint64_t py_layout_slotted_bytes(uint32_t python, const struct py_slotted *s)
{
	uint64_t basic = s->base_basic_bytes ? s->base_basic_bytes : OBJECT_BASIC_BYTES;
	bool collected = s->n_slots > 0 || s->weakref || basic > OBJECT_BASIC_BYTES;

	return (collected ? GC_HEAD_BYTES : 0) + basic + 8 * (uint64_t)s->n_slots +
	       (s->weakref ? layout_of(python)->weakref_bytes : 0);
}

/* Up to 3.11 the dictionary's pointer is behind the items; from 3.12 on it is in a pre-header. */
uint64_t py_layout_unused_dict_bytes(uint32_t python)
{
	return minor_of(python) < 12 ? 8 : 16;
}

uint64_t py_layout_rounded(uint64_t request_bytes)
{
	uint64_t chunk = round_up(request_bytes + 8, 16);

	if (request_bytes <= 512)
		return round_up(request_bytes ? request_bytes : 1, 16);
	return chunk < 32 ? 32 : chunk;
}
