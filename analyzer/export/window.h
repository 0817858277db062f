/*
 * What happened in windows of time: one pass over the events, sums by group of sites.
 *
 * Allocations, bytes and frees of a window are what happened in it; live and peak numbers include blocks from
 * before.  A realloc is a free and an allocation.  Memory is one struct window_sums a group.
 */
#ifndef EXPORT_WINDOW_H
#define EXPORT_WINDOW_H

#include "model/model.h"

#define WINDOW_SIZES 12u    /* buckets of requested bytes, window_size_limit() */
#define WINDOW_LIFETIMES 9u /* buckets of lifetimes of freed blocks, window_lifetime_limit() */

struct window_sums {
	uint64_t allocs, allocated_bytes, frees, temporary, cross_thread_frees;
	uint64_t live_blocks, live_bytes; /* at the window's end */
	uint64_t peak_bytes, peak_blocks; /* the group's own in the window, each its own maximum */
	uint64_t at_peak_bytes,
		at_peak_blocks; /* when the process had most live bytes in the window */
	uint64_t lifetime_ns;   /* sum over the blocks freed in it */
	uint64_t size[WINDOW_SIZES], lifetime[WINDOW_LIFETIMES];
	uint64_t peak_serial; /* window.c only */
	bool changed;         /* something happened in this window */
};

struct window {
	uint64_t start_ns, end_ns; /* since the process's start; the end is not part of it */
	uint64_t peak_live_bytes;  /* of the process, in the window */
	bool is_last;
};

/* Called at each window's end with the sums of all groups. */
typedef void window_done(void *context, const struct window *w, const struct window_sums *sums,
                         uint32_t n_groups);

struct window_request {
	uint64_t step_ns;         /* length of a window; 0: one */
	const uint32_t *group_of; /* by site id */
	uint32_t n_groups;
	window_done *done;
	void *context;
};

void window_scan(const struct model *m, const struct window_request *request);

/* Largest value of a bucket; UINT64_MAX for the last. */
uint64_t window_size_limit(unsigned bucket);     /* 16, 32, ... bytes */
uint64_t window_lifetime_limit(unsigned bucket); /* 999 ns, 9999 ns, ... */

#endif
