/*
 * Reading DWARF's encodings of numbers: fixed size, LEB128, and the pointers of .eh_frame.
 *
 * A reader that would go beyond its end gives 0 from then on and says so in `failed`.
 */
#ifndef PT_CFI_BYTES_H
#define PT_CFI_BYTES_H

#include "base/pt.h"

struct cfi_bytes {
	const uint8_t *at, *end;
	bool failed;
};

PT_INLINE struct cfi_bytes cfi_bytes_of(uint64_t from, uint64_t n)
{
	return (struct cfi_bytes){(const uint8_t *)from, (const uint8_t *)from + n, false};
}

/* n: 1, 2, 4 or 8; little endian. */
static inline uint64_t cfi_unsigned(struct cfi_bytes *b, unsigned n)
{
	uint64_t value = 0;
	if (b->failed || (size_t)(b->end - b->at) < n) {
		b->failed = true;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		value |= (uint64_t)*b->at++ << 8 * i;
	return value;
}

static inline int64_t cfi_signed(struct cfi_bytes *b, unsigned n)
{
	unsigned unused_bits = 64 - 8 * n;
	return (int64_t)(cfi_unsigned(b, n) << unused_bits) >> unused_bits;
}

static inline uint64_t cfi_leb(struct cfi_bytes *b, bool is_signed)
{
	uint64_t value = 0, byte = 0x80;
	unsigned shift = 0;
	for (; byte & 0x80; shift += 7) {
		byte = cfi_unsigned(b, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
	}
	if (is_signed && shift < 64 && (byte & 0x40))
		value |= ~0ull << shift;
	return value;
}

static inline uint64_t cfi_uleb(struct cfi_bytes *b)
{
	return cfi_leb(b, false);
}

static inline int64_t cfi_sleb(struct cfi_bytes *b)
{
	return (int64_t)cfi_leb(b, true);
}

enum {
	CFI_ENCODING_OMIT = 0xff,
	CFI_ENCODING_RELATIVE_TO_PLACE = 0x10,
	CFI_ENCODING_INDIRECT = 0x80
};

/* The number in a pointer's format alone (the low four bits of its encoding). */
uint64_t cfi_formatted(struct cfi_bytes *b, uint8_t encoding);

/* A pointer; `data` is what DW_EH_PE_datarel is relative to. */
uint64_t cfi_pointer(struct cfi_bytes *b, uint8_t encoding, uint64_t data);

#endif
