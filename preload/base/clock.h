/*
 * The clock of the trace: the time stamp counter where it runs at a constant rate on all cores,
 * otherwise CLOCK_MONOTONIC.  A reading costs 9 ns (rdtsc on a virtual machine) or 20 ns.
 */
#ifndef PT_CLOCK_H
#define PT_CLOCK_H

#include "pt.h"

#include <time.h>

#define CLOCK_TIME_SHIFT 4u /* an event's time counts 16 ticks: 5-8 ns */

extern bool clock_is_tsc;

/* Decides which clock is used.  Once, before the first reading. */
void clock_choose(void);

static inline uint64_t clock_mono_ns(void)
{
	struct timespec t = {0, 0};
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

PT_INLINE uint64_t clock_ticks(void)
{
	if (likely(clock_is_tsc))
		return __builtin_ia32_rdtsc();
	return clock_mono_ns();
}

PT_INLINE uint64_t clock_units(void)
{
	return clock_ticks() >> CLOCK_TIME_SHIFT;
}

#endif
