/*
 * What is counted in this process: struct enact_results in a mapped file, or in memory where there is no file.
 */
#ifndef ENACT_COUNTS_H
#define ENACT_COUNTS_H

#include "base/pt.h"
#include "enact/results.h"

extern struct enact_results *counts; /* never NULL */

/* Opens the file of this process in the directory; NULL: count in memory, for nobody. */
void counts_open(const char *directory);

/* In a forked child: a file of its own at the same place, so that pointers to tallies stay. */
void counts_reopen(void);

/* The tally of the thread with this number. */
struct enact_tally *counts_tally(uint32_t thread);

static inline void counts_mapped(uint64_t n_bytes)
{
	__atomic_fetch_add(&counts->pool_bytes, n_bytes, __ATOMIC_RELAXED);
}

#endif
