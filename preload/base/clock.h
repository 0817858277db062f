/*
 * The clock of the trace: the time stamp counter where it runs at a constant rate on all cores,
 * otherwise CLOCK_MONOTONIC.  A reading costs 9 ns (rdtsc on a virtual machine) or 20 ns.
 *
 * The host's clock_gettime() is never called: a simulator's or libfaketime's takes locks and allocates.
 */
#ifndef PT_CLOCK_H
#define PT_CLOCK_H

#include "pt.h"

#include <time.h>

#define CLOCK_TIME_SHIFT 4u /* an event's time counts 16 ticks: 5-8 ns */

extern bool clock_is_tsc;    /* the unit of ticks: of the counter, or nanoseconds */
extern bool clock_reads_tsc; /* the counter itself is read; false once the process may not */

/* Decides which clock is used.  Once, before the first reading. */
void clock_choose(void);

/* The process is about to forbid itself to read the counter, which the kernel's vdso reads, too: from now
 * on ticks are counted by system calls. */
void clock_give_up_tsc(void);

/* clock_gettime() of the kernel. */
void clock_read(clockid_t id, struct timespec *t);

/* One of its clocks in ns: CLOCK_MONOTONIC, or CPU time of the thread or process. */
static inline uint64_t clock_ns_of(clockid_t id)
{
	struct timespec t = {0, 0};
	clock_read(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t clock_mono_ns(void)
{
	return clock_ns_of(CLOCK_MONOTONIC);
}

/* Ticks where the counter is not read. */
uint64_t clock_ticks_slow(void);

PT_INLINE uint64_t clock_ticks(void)
{
	if (likely(clock_reads_tsc))
		return __builtin_ia32_rdtsc();
	return clock_ticks_slow();
}

PT_INLINE uint64_t clock_units(void)
{
	return clock_ticks() >> CLOCK_TIME_SHIFT;
}

#endif
