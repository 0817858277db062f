/* See heap_output.h. */
#include "heap_output.h"

#include "write/definition_writer.h"

#define PIECE_BYTES (PTF_MAX_RECORD - 64u)

static struct {
	uint64_t graph, piece;
	uint32_t used;
	uint8_t bytes[PIECE_BYTES];
} output; /* protected by the GIL */

static void write_piece(void)
{
	uint8_t payload[PTF_MAX_RECORD];
	uint8_t *p = ptc_put_varint(payload, output.graph);

	p = ptc_put_varint(p, output.piece++);
	__builtin_memcpy(p, output.bytes, output.used);
	definition_writer_put_bytes(PTF_D_HEAP, payload, (uint32_t)(p + output.used - payload));
	output.used = 0;
}

void heap_output_start(void)
{
	output.graph++;
	output.piece = 0;
	output.used = 0;
}

void heap_put_byte(uint8_t byte)
{
	if (output.used == PIECE_BYTES)
		write_piece();
	output.bytes[output.used++] = byte;
}

void heap_put_number(uint64_t number)
{
	enum { VARINT_MOST = 10 };

	if (output.used + VARINT_MOST > PIECE_BYTES)
		write_piece();
	output.used = (uint32_t)(ptc_put_varint(output.bytes + output.used, number) - output.bytes);
}

void heap_put_signed(int64_t number)
{
	heap_put_number((uint64_t)number << 1 ^ (uint64_t)(number >> 63));
}

void heap_put_bytes(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		heap_put_byte(p[i]);
}

void heap_output_end(void)
{
	if (output.used)
		write_piece();
}

void heap_output_forget(void)
{
	output.graph = 0;
}
