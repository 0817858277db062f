/*
 * Frees with C23's free_sized() and free_aligned_sized() where they are: in newer C libraries, and under the
 * recording library, which passes them on as free() to an older one.
 *
 * expect: total allocs=300 frees=300 allocated_bytes=32000 live_bytes=0 peak_live_bytes=32000
 * expect: health lost_events=0 unmatched_frees=0 complete=true
 * expect: site function=plain allocs=200 bytes=19200 live=0
 * expect: site function=aligned allocs=100 bytes=12800 live=0
 */
#include <stdlib.h>
#include "target.h"

extern void free_sized(void *, size_t) __attribute__((weak));
extern void free_aligned_sized(void *, size_t, size_t) __attribute__((weak));

static NOINLINE void *plain(void)
{
	return keep(malloc(96));
}

static NOINLINE void *aligned(void)
{
	return keep(aligned_alloc(64, 128));
}

int main(void)
{
	void *block[300];
	for (int i = 0; i < 300; i++)
		block[i] = i < 200 ? plain() : aligned();
	for (int i = 0; i < 300; i++) {
		if (i < 200 && free_sized)
			free_sized(block[i], 96);
		else if (i >= 200 && free_aligned_sized)
			free_aligned_sized(block[i], 64, 128);
		else
			free(block[i]);
	}
	free(NULL);
	if (free_sized)
		free_sized(NULL, 96);
	return 0;
}
