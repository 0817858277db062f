/*
 * XXH64 of the packaged xxHash, the checksum of closed chunks: 3 us for 32 KiB.
 */
#ifndef PT_CHECKSUM_H
#define PT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t checksum_bytes(const void *p, size_t n_bytes, uint64_t seed);

#endif
