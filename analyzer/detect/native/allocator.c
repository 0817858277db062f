/*
 * allocator: another allocator in the place of the C library's.  It is advised where no place deserves a
 * change of its own, by what replays of the whole trace measure (simulate/other_allocators.c); this file
 * holds the threshold.
 */
#include "detect/detect.h"

static struct detector_option options[] = {
	{"allocator_min_share", 0.08, "share of CPU time that another allocator must save"},
	{0},
};

static void allocator_run(const struct model *m, const struct detect *d, struct findings *out)
{
	(void)m, (void)d, (void)out; /* holds the options */
}

DETECTOR(allocator, 200, options, allocator_run, "another allocator for all calls");
