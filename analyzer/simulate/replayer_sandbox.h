/*
 * What the replayer gives up before it makes a trace's calls: it creates and writes no files, has no
 * network, starts no programs, and stays within limits of memory and CPU time.
 */
#ifndef PT_SIMULATE_REPLAYER_SANDBOX_H
#define PT_SIMULATE_REPLAYER_SANDBOX_H

#include <stdint.h>

/* The limits are hard.  The filter of system calls is left out where the kernel has none. */
void sandbox_enter(uint64_t address_bytes, uint64_t cpu_seconds);

#endif
