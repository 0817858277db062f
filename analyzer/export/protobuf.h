/*
 * Writing protocol buffers (https://protobuf.dev/programming-guides/encoding): a message is a growing buffer;
 * fields that are 0 or empty are left out, as proto3 does.
 */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct protobuf {
	uint8_t *bytes; /* owned: protobuf_release() */
	uint32_t n, room;
};

static inline void protobuf_varint(struct protobuf *b, uint64_t v)
{
	while (v > 127) {
		*MEM_PUSH(b->bytes, b->n, b->room) = (uint8_t)(v | 128);
		v >>= 7;
	}
	*MEM_PUSH(b->bytes, b->n, b->room) = (uint8_t)v;
}

static inline void protobuf_number(struct protobuf *b, unsigned field, uint64_t v)
{
	if (!v)
		return;
	protobuf_varint(b, (uint64_t)field << 3);
	protobuf_varint(b, v);
}

static inline void protobuf_fixed64(struct protobuf *b, unsigned field, uint64_t v)
{
	protobuf_varint(b, (uint64_t)field << 3 | 1);
	for (unsigned i = 0; i < 8; i++)
		*MEM_PUSH(b->bytes, b->n, b->room) = (uint8_t)(v >> 8 * i);
}

static inline void protobuf_bytes(struct protobuf *b, unsigned field, const void *bytes, size_t n)
{
	protobuf_varint(b, (uint64_t)field << 3 | 2);
	protobuf_varint(b, n);
	for (size_t i = 0; i < n; i++)
		*MEM_PUSH(b->bytes, b->n, b->room) = ((const uint8_t *)bytes)[i];
}

/* A message as a field of another; the inner one is empty afterwards and keeps its memory. */
static inline void protobuf_message(struct protobuf *b, unsigned field, struct protobuf *inner)
{
	protobuf_bytes(b, field, inner->bytes, inner->n);
	inner->n = 0;
}

static inline void protobuf_release(struct protobuf *b)
{
	free(b->bytes);
	*b = (struct protobuf){0};
}

#endif
