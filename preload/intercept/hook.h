/*
 * What interposed functions call: the story of one event is in hook_inline.h, in one screen.
 *
 * Order, so that no other thread can be handed an address whose release is not yet recorded:
 * allocate, then hook_alloc(); hook_free(), then free; for realloc hook_realloc_begin() before the
 * call and hook_realloc_end() after it.  All keep errno and never fail visibly.
 */
#ifndef PT_HOOK_H
#define PT_HOOK_H

#include "write/self.h"

/* What kind of event, made by ptc_what(): an op of enum ptf_op, a domain, the alignment asked for. */
typedef uint32_t hook_what;

void hook_alloc(const struct frame_start *start, const void *address, size_t size_bytes,
                hook_what what);
void hook_free(const struct frame_start *start, const void *address, hook_what what);

/* False: could not be recorded; then hook_realloc_end() must not be called. */
bool hook_realloc_begin(const struct frame_start *start, const void *old, unsigned domain);

/* address NULL: the call failed, the old block lives on (unless it was asked for 0 bytes). */
void hook_realloc_end(const struct frame_start *start, const void *address, size_t size_bytes,
                      unsigned domain);

/* An allocation returned NULL. */
void hook_failed(void);

/* Memory asked from the system: region is an enum ptf_region. */
struct hook_region {
	uint8_t region;
	uint64_t address, size_bytes, old_address, old_size_bytes;
};
void hook_region(const struct frame_start *start, const struct hook_region *r);

#endif
