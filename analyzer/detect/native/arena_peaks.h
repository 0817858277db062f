/*
 * Live bytes by the thread that allocated them: what each thread's arena of glibc's comes to hold.  An
 * arena keeps its peak; where threads have theirs in turn, the arenas together keep far more than was
 * ever needed at once.
 */
#ifndef PT_DETECT_NATIVE_ARENA_PEAKS_H
#define PT_DETECT_NATIVE_ARENA_PEAKS_H

#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

#define ARENA_MOST_BYTES (128u << 10) /* larger blocks are mappings of their own, in no arena */

struct arena_peak {
	uint64_t live_bytes, peak_bytes;
};

struct arena_peaks {
	struct arena_peak *of; /* by thread */
	uint32_t n;
	uint64_t live_bytes, peak_bytes; /* of all threads together */
};

static inline void arena_peaks_alloc(struct arena_peaks *a, uint32_t thread, uint64_t size_bytes)
{
	if (size_bytes >= ARENA_MOST_BYTES)
		return;
	struct arena_peak *p = MEM_AT(a->of, a->n, thread);
	p->live_bytes += size_bytes;
	if (p->live_bytes > p->peak_bytes)
		p->peak_bytes = p->live_bytes;
	a->live_bytes += size_bytes;
	if (a->live_bytes > a->peak_bytes)
		a->peak_bytes = a->live_bytes;
}

/* thread: that allocated the block. */
static inline void arena_peaks_free(struct arena_peaks *a, uint32_t thread, uint64_t size_bytes)
{
	if (size_bytes >= ARENA_MOST_BYTES)
		return;
	MEM_AT(a->of, a->n, thread)->live_bytes -= size_bytes;
	a->live_bytes -= size_bytes;
}

static inline void arena_peaks_release(struct arena_peaks *a)
{
	free(a->of);
}

#endif
