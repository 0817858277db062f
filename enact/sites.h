/*
 * From the stack of an allocation to its lane.
 *
 * A return address is looked up in a table that learns: the first time, its module is compared with those of
 * the plan.  An allocation that is not planned costs this one look-up.  Where one address does not decide, the
 * walk goes on by the unwind rules of the frames that the plan names.
 */
#ifndef ENACT_SITES_H
#define ENACT_SITES_H

#include "base/frame_start.h"
#include "enact/plan.h"

#define SITES_SLOTS 32768u

extern uint64_t sites_table[SITES_SLOTS]; /* return address << 16 | frame number; 0: free */

/* Looks the address up in its module and puts it into the table. */
uint32_t sites_learn(uint64_t address);

/* Goes up the stack until the row of frames is that of a site. */
uint32_t sites_walk(const struct frame_start *start, uint32_t frame, uint32_t node);

/* Modules may be gone: forgets all addresses. */
void sites_forget(void);

/* Number of the plan's frame at an address, 0: it is none. */
PT_INLINE uint32_t sites_frame(uint64_t address)
{
	uint64_t key = address << 16;
	for (uint32_t i = (uint32_t)((address * 0x9E3779B97F4A7C15ull) >> 49);; i++) {
		uint64_t e = __atomic_load_n(&sites_table[i % SITES_SLOTS], __ATOMIC_RELAXED);
		if (likely(!((e ^ key) >> 16)))
			return (uint16_t)e;
		if (!e)
			return sites_learn(address);
	}
}

/* Lane of the allocation whose stack begins at `start`; 0: it is not in the plan. */
PT_INLINE uint32_t sites_find(const struct frame_start *start)
{
	uint32_t frame = sites_frame(start->ip);
	if (likely(!frame))
		return 0;
	uint32_t direct = plan_direct[frame], node = plan.frame[frame].first;
	return likely(direct) ? direct : node ? sites_walk(start, frame, node) : 0;
}

#endif
