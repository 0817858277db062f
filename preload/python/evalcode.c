/*
 * See evalcode.h.  The part that was moved away is what the function's jumps lead into the midst of: a jump
 * to another function, as in a tail call, leads to its beginning.  The start of a function comes from the
 * sorted table of the unwinding information.  No instruction is decoded but by its first bytes: what looks
 * like a jump and is none leads anywhere, and many that lead to one place do not.
 */
#include "evalcode.h"

#include <dlfcn.h>

enum { JUMPS_MIN = 8, CANDIDATES = 64 };

struct hdr_entry {
	int32_t start, fde; /* relative to the header */
};

struct functions {
	uint64_t base; /* of the header */
	const struct hdr_entry *entry;
	uint32_t n;
};

struct votes {
	uint32_t function[CANDIDATES], n[CANDIDATES];
	uint32_t used;
};

/* .eh_frame_hdr with the encodings that all linkers write. */
static bool functions_around(uint64_t address, struct functions *f)
{
	static const uint8_t usual[4] = {1, 0x1b, 0x03, 0x3b};
	struct dl_find_object found;
	if (_dl_find_object((void *)address, &found) != 0 || !found.dlfo_eh_frame ||
	    __builtin_memcmp(found.dlfo_eh_frame, usual, sizeof usual) != 0)
		return false;
	const char *header = found.dlfo_eh_frame;
	f->base = (uint64_t)header;
	f->n = *(const uint32_t *)(header + 8);
	f->entry = (const struct hdr_entry *)(header + 12);
	return f->n > 1;
}

static uint64_t evalcode_function_start(const struct functions *f, uint32_t i)
{
	return f->base + (uint64_t)(int64_t)f->entry[i].start;
}

/* The last that begins at or before the address; the table's end is not looked past. */
static uint32_t evalcode_function_at(const struct functions *f, uint64_t address)
{
	uint32_t low = 0, high = f->n - 1;
	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		if (evalcode_function_start(f, middle) <= address)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* 0: no jump out of the function. */
static uint64_t jump_target(const uint8_t *p, struct code_range hot)
{
	bool conditional = p[0] == 0x0f && (p[1] & 0xf0) == 0x80;
	int32_t distance;
	if (!conditional && p[0] != 0xe9)
		return 0;
	const uint8_t *operand = p + (conditional ? 2 : 1);
	__builtin_memcpy(&distance, operand, sizeof distance);
	uint64_t target = (uint64_t)operand + 4 + (uint64_t)(int64_t)distance;
	return target - hot.start < hot.end - hot.start ? 0 : target;
}

static void vote(struct votes *v, uint32_t function)
{
	uint32_t i = 0;
	while (i < v->used && v->function[i] != function)
		i++;
	if (i == CANDIDATES)
		return;
	if (i == v->used)
		v->function[v->used++] = function;
	v->n[i]++;
}

struct code_range evalcode_cold_part(struct code_range hot)
{
	struct code_range cold = {0, 0};
	struct functions f;
	struct votes v = {.used = 0};
	uint32_t most = JUMPS_MIN - 1;

	if (hot.end - hot.start < 16 || !functions_around(hot.start, &f))
		return cold;
	uint64_t last = evalcode_function_start(&f, f.n - 1);
	for (uint64_t p = hot.start; p + 6 <= hot.end; p++) {
		uint64_t target = jump_target((const uint8_t *)p, hot);
		if (target < evalcode_function_start(&f, 0) || target >= last)
			continue;
		uint32_t i = evalcode_function_at(&f, target);
		if (evalcode_function_start(&f, i) != target)
			vote(&v, i);
	}

	for (uint32_t i = 0; i < v.used; i++) {
		if (v.n[i] <= most)
			continue;
		most = v.n[i];
		cold.start = evalcode_function_start(&f, v.function[i]);
		cold.end = evalcode_function_start(&f, v.function[i] + 1);
	}

	return cold;
}
