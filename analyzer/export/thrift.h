/*
 * Writing Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md) into a
 * growing buffer.  Fields of a struct come in ascending order; a field's header holds the difference to the one before.
 */
#ifndef EXPORT_THRIFT_H
#define EXPORT_THRIFT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"

enum { THRIFT_I32 = 5, THRIFT_I64 = 6, THRIFT_BINARY = 8, THRIFT_LIST = 9, THRIFT_STRUCT = 12 };

#define THRIFT_DEPTH 8u

struct thrift {
	uint8_t *bytes; /* owned: thrift_release() */
	uint32_t n, room;
	unsigned depth;
	unsigned last[THRIFT_DEPTH]; /* field written last, by depth of structs */
};

static inline void thrift_bytes(struct thrift *t, const void *bytes, size_t n)
{
	for (; t->n + n > t->room;)
		t->bytes = mem_grow(t->bytes, t->room, &t->room, 1);
	memcpy(t->bytes + t->n, bytes, n);
	t->n += (uint32_t)n;
}

static inline void thrift_byte(struct thrift *t, unsigned byte)
{
	*MEM_PUSH(t->bytes, t->n, t->room) = (uint8_t)byte;
}

static inline void thrift_varint(struct thrift *t, uint64_t v)
{
	for (; v > 127; v >>= 7)
		thrift_byte(t, (unsigned)(v & 127) | 128);
	thrift_byte(t, (unsigned)v);
}

static inline void thrift_zigzag(struct thrift *t, int64_t v)
{
	thrift_varint(t, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static inline void thrift_field(struct thrift *t, unsigned field, unsigned type)
{
	BUG_ON(field <= t->last[t->depth] || field - t->last[t->depth] > 15);
	thrift_byte(t, (field - t->last[t->depth]) << 4 | type);
	t->last[t->depth] = field;
}

static inline void thrift_i32(struct thrift *t, unsigned field, int32_t v)
{
	thrift_field(t, field, THRIFT_I32);
	thrift_zigzag(t, v);
}

static inline void thrift_i64(struct thrift *t, unsigned field, int64_t v)
{
	thrift_field(t, field, THRIFT_I64);
	thrift_zigzag(t, v);
}

static inline void thrift_list_text(struct thrift *t, const char *text)
{
	thrift_varint(t, strlen(text));
	thrift_bytes(t, text, strlen(text));
}

static inline void thrift_text(struct thrift *t, unsigned field, const char *text)
{
	thrift_field(t, field, THRIFT_BINARY);
	thrift_list_text(t, text);
}

static inline void thrift_list_i32(struct thrift *t, int32_t v)
{
	thrift_zigzag(t, v);
}

static inline void thrift_begin_list(struct thrift *t, unsigned field, unsigned type, uint32_t n)
{
	thrift_field(t, field, THRIFT_LIST);
	if (n < 15) {
		thrift_byte(t, n << 4 | type);
	} else {
		thrift_byte(t, 15 << 4 | type);
		thrift_varint(t, n);
	}
}

/* An element of a list of structs; thrift_end_struct() ends it. */
static inline void thrift_begin_element(struct thrift *t)
{
	BUG_ON(t->depth + 1 >= THRIFT_DEPTH);
	t->last[++t->depth] = 0;
}

static inline void thrift_begin_struct(struct thrift *t, unsigned field)
{
	thrift_field(t, field, THRIFT_STRUCT);
	thrift_begin_element(t);
}

/* The outermost struct is ended by it, too. */
static inline void thrift_end_struct(struct thrift *t)
{
	thrift_byte(t, 0);
	if (t->depth)
		t->depth--;
}

static inline void thrift_release(struct thrift *t)
{
	free(t->bytes);
	*t = (struct thrift){0};
}

#endif
