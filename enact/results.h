/*
 * What libpooltrace-enact.so counts in a process: a file of struct enact_results, mapped, so that it survives
 * however the process ends.  Written into the directory POOLTRACE_ENACT_OUT as PID.N; read by `pooltrace try`.
 * Each thread has a tally of its own while there are ENACT_TALLIES; later threads share the last one.
 */
#ifndef ENACT_RESULTS_H
#define ENACT_RESULTS_H

#include <stdint.h>

#include "enact/plan_format.h"

#define ENACT_MAGIC 0x54434e45544f4f50ull
#define ENACT_TALLIES 256u

/* Why a planned allocation went to the real allocator. */
#define ENACT_FALLBACKS(X)                                         \
	X(TOO_LARGE, "larger than the plan says")                  \
	X(IN_USE, "the buffer or the part was in use")             \
	X(FULL, "the region was full: blocks outlive their round") \
	X(ALIGNMENT, "aligned more than the slot is")              \
	X(NO_MEMORY, "no memory for the pool")                     \
	X(NO_THREAD, "a signal handler, or a thread that begins or ends")

enum enact_fallback {
#define X(name, text) ENACT_##name,
	ENACT_FALLBACKS(X)
#undef X
		ENACT_N_FALLBACKS
};

enum enact_state {
	ENACT_NO_PLAN = 0,
	ENACT_READY = 1,
	ENACT_PLAN_UNREADABLE = 2, /* the file */
	ENACT_PLAN_INVALID = 3,    /* bad_line says where */
};

enum enact_module {
	ENACT_MODULE_UNSEEN = 0,
	ENACT_MODULE_SEEN = 1,
	ENACT_MODULE_CHANGED = 2, /* one with its file name has another build id */
};

struct enact_tally {
	uint64_t calls; /* into the allocator behind the library, and mappings for pools */
	uint64_t freed; /* served blocks */
	uint64_t grown; /* served blocks that realloc() left where they were */
	uint64_t moved; /* served blocks that realloc() gave to the real allocator */
	uint64_t served[PLAN_FINDINGS_MAX]; /* allocations of the finding's sites, */
	uint64_t passed[PLAN_FINDINGS_MAX]; /* and those that the real allocator served */
	uint64_t fallback[ENACT_N_FALLBACKS];
} __attribute__((aligned(64)));

struct enact_results {
	uint64_t magic;
	uint32_t pid;
	uint32_t state; /* enum enact_state */
	uint32_t bad_line;
	uint32_t serves;     /* bit by finding; not set: looked up and forwarded */
	uint64_t pool_bytes; /* mapped for pools, all threads */
	uint8_t module[PLAN_MODULES_MAX];
	struct enact_tally tally[ENACT_TALLIES];
};

#endif
