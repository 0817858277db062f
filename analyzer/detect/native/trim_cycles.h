/*
 * How much memory goes back and forth between the heap and the system: the process's live bytes in
 * large blocks, as a line whose falls and rises are counted.
 */
#ifndef TRIM_CYCLES_H
#define TRIM_CYCLES_H

#include <stdint.h>

#define TRIM_CYCLES_BLOCK_BYTES 1024u        /* smaller blocks cost their calls, not their pages */
#define TRIM_CYCLES_MAPPED_BYTES (32u << 20) /* always mapped by glibc, and unmapped when freed */
#define TRIM_CYCLES_MIN_BYTES (512u << 10)   /* a fall that is worth counting */

struct trim_cycles {
	uint64_t live_bytes;            /* now, in large blocks that are not mapped */
	uint64_t high_bytes, low_bytes; /* since the last swing was counted */
	uint64_t n_swings, swung_bytes; /* fell and rose again: pages faulted in again */
	uint64_t largest_bytes;
	uint64_t n_mapped, mapped_bytes; /* freed blocks of TRIM_CYCLES_MAPPED_BYTES and more */
	uint64_t mapped_live, mapped_peak_bytes;
};

static inline void trim_cycles_count(struct trim_cycles *s)
{
	uint64_t fall = s->high_bytes - s->low_bytes;
	uint64_t rise = s->live_bytes - s->low_bytes;
	uint64_t bytes = fall < rise ? fall : rise;
	if (bytes < TRIM_CYCLES_MIN_BYTES || s->live_bytes < s->low_bytes)
		return;
	s->n_swings++;
	s->largest_bytes = s->largest_bytes > fall ? s->largest_bytes : fall;
	s->swung_bytes += fall;
	s->high_bytes = s->low_bytes = s->live_bytes;
}

static inline void trim_cycles_alloc(struct trim_cycles *s, uint64_t size_bytes)
{
	if (size_bytes >= TRIM_CYCLES_MAPPED_BYTES) {
		s->mapped_live += size_bytes;
		if (s->mapped_live > s->mapped_peak_bytes)
			s->mapped_peak_bytes = s->mapped_live;
	} else if (size_bytes >= TRIM_CYCLES_BLOCK_BYTES) {
		s->live_bytes += size_bytes;
		if (s->live_bytes > s->high_bytes && s->high_bytes == s->low_bytes)
			s->high_bytes = s->low_bytes = s->live_bytes;
		else
			trim_cycles_count(s);
	}
}

static inline void trim_cycles_free(struct trim_cycles *s, uint64_t size_bytes)
{
	if (size_bytes >= TRIM_CYCLES_MAPPED_BYTES) {
		s->mapped_live -= size_bytes;
		s->n_mapped++;
		s->mapped_bytes += size_bytes;
	} else if (size_bytes >= TRIM_CYCLES_BLOCK_BYTES) {
		s->live_bytes -= size_bytes;
		if (s->live_bytes < s->low_bytes)
			s->low_bytes = s->live_bytes;
	}
}

#endif
