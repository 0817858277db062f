/*
 * What lies in the heap when the process's live bytes have fallen for good: the live blocks of the brk
 * heap at a moment in the last calm, low stretch of the run.
 */
#ifndef POST_PEAK_SNAPSHOT_H
#define POST_PEAK_SNAPSHOT_H

#include "detect/context.h"

struct low_block {
	uint64_t address, size_bytes; /* the size plus 1; 0: not live */
	uint32_t site;
};

struct post_peak_snapshot {
	uint64_t at_ns;         /* 0: live bytes did not fall for good */
	struct low_block *live; /* at the moment, sorted by address */
	uint32_t n_live;
	struct low_block *slots; /* by slot, while it is watched */
	uint32_t n_slots;
	bool taken;
};

/* Chooses the moment, by segregate's thresholds; returns how many observers it wants: 0 or 1. */
uint32_t post_peak_snapshot_watch(struct post_peak_snapshot *s, const struct model *m,
                                  const struct detect *d, struct model_observer *out);
void post_peak_snapshot_release(struct post_peak_snapshot *s);

#endif
