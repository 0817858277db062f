/* See py_read.h. */
#include "py_read.h"

enum { STATE_COMPACT = 1u << 5, STATE_ASCII = 1u << 6 };

static unsigned str_kind(uint32_t state)
{
	return state >> 2 & 7;
}

static const void *str_data(const struct layout *l, const void *str, uint32_t state)
{
	return (const char *)str + (state & STATE_ASCII ? l->str_ascii : l->str_compact);
}

static size_t utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}

	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}

	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}

	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t py_read_str(const struct layout *l, const void *str, char *out, size_t n_bytes)
{
	size_t used = 0;

	if (!str || !(load64(load_pointer(str, OBJ_TYPE), TYPE_FLAGS) & TYPE_STR_SUBCLASS))
		return 0;
	uint32_t state = load32(str, STR_STATE);
	uint64_t length = load64(str, STR_LENGTH);
	if (!(state & STATE_COMPACT))
		return 0;
	const void *data = str_data(l, str, state);
	for (uint64_t i = 0; i < length && used + 4 <= n_bytes; i++) {
		unsigned kind = str_kind(state);
		uint32_t c = kind == 1   ? ((const uint8_t *)data)[i]
		             : kind == 2 ? ((const uint16_t *)data)[i]
		                         : ((const uint32_t *)data)[i];
		used += utf8_put(out + used, c);
	}

	return used;
}

static bool str_is(const struct layout *l, const void *str, const char *ascii)
{
	size_t n = strlen(ascii);
	if (!(load64(load_pointer(str, OBJ_TYPE), TYPE_FLAGS) & TYPE_STR_SUBCLASS))
		return false;
	uint32_t state = load32(str, STR_STATE);
	return (state & STATE_COMPACT) && (state & STATE_ASCII) && load64(str, STR_LENGTH) == n &&
	       memcmp(str_data(l, str, state), ascii, n) == 0;
}

/* The entries of a table of keys. */
struct keys {
	const char *entry;
	uint64_t n;
	size_t entry_bytes;
	size_t key; /* offset in an entry; the value follows */
};

static struct keys keys_modern(const void *keys)
{
	enum { LOG2_INDEX_BYTES = 9, KIND = 10, N_ENTRIES = 24, INDICES = 32, KIND_GENERAL = 0 };
	bool general = load8(keys, KIND) == KIND_GENERAL;
	return (struct keys){
		.entry = (const char *)keys + INDICES + (1ull << load8(keys, LOG2_INDEX_BYTES)),
		.n = load64(keys, N_ENTRIES),
		.entry_bytes = general ? 24 : 16,
		.key = general ? 8 : 0,
	};
}

static struct keys keys_old(const void *keys)
{
	enum { SIZE = 8, N_ENTRIES = 32, INDICES = 40 };
	uint64_t size = load64(keys, SIZE);
	unsigned index_bytes = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
	return (struct keys){
		.entry = (const char *)keys + INDICES + size * index_bytes,
		.n = load64(keys, N_ENTRIES),
		.entry_bytes = 24,
		.key = 8,
	};
}

const void *py_read_dict(const struct layout *l, const void *dict, const char *key)
{
	enum { SANE = 100000 };
	if (!dict || load_pointer(dict, DICT_VALUES))
		return NULL;
	const void *table = load_pointer(dict, DICT_KEYS);
	struct keys k = l->unicode_keys ? keys_modern(table) : keys_old(table);
	for (uint64_t i = 0; i < k.n && i < SANE; i++) {
		const char *entry = k.entry + i * k.entry_bytes;
		const void *name = load_pointer(entry, k.key);
		if (name && str_is(l, name, key))
			return load_pointer(entry, k.key + 8);
	}

	return NULL;
}

const void *py_read_tuple(const struct layout *l, const void *tuple, uint64_t index)
{
	if (!tuple || index >= load64(tuple, VAR_SIZE))
		return NULL;
	return load_pointer(tuple, l->tuple_items + 8 * index);
}
