/*
 * What every thread of the process must notice at its next event: that it is another process, that
 * recording is off, or that something is gone which it remembers by its address.
 *
 * One word for all, so that an event pays one comparison (guard_enter() in self.h).
 */
#ifndef PT_GENERATION_H
#define PT_GENERATION_H

#include "pt.h"

/* One page that a forked child finds zeroed (MADV_WIPEONFORK): so a child notices at its first event
 * that it is another process, however it was made. */
struct process {
	volatile uint32_t
		generation; /* 0: in a fresh child, or recording is off; at most GENERATION_MAX */
	volatile uint32_t lives; /* 0: in a fresh child */
};

#define GENERATION_MAX 0x7fffffffu

extern struct process *process;

/* Code was unloaded, or an object of Python's is gone: threads forget it (guard_catch_up()) before their
 * next event.  Nothing, where no epoch is. */
void generation_next(void);

#endif
