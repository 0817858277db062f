/*
 * Where no place deserves a pool of its own, another allocator may be the answer: those that are
 * installed are tried on the recorded calls.  Beside other findings they are tried on the calls that these
 * leave; that is information, unless it saves more than the others do.
 *
 * The libraries are an allow-list of SONAMEs, found by the loader in the system's directories only.
 */
#ifndef PT_SIMULATE_OTHER_ALLOCATORS_H
#define PT_SIMULATE_OTHER_ALLOCATORS_H

#include "detect/detect.h"
#include "simulate/measure.h"

/* What is known of all allocator calls together. */
struct calls_summary {
	double cost_ms;   /* CPU; negative: not measured */
	uint32_t n_tried; /* other allocators */
	const char *best; /* of these, NULL none */
	struct interval best_saves_ms;
};

/* Measures one library; false: it is not installed, or cannot be measured. */
typedef bool measure_library_fn(void *context, const char *library, struct replay_pair *out);

/* By its count, what no finding has taken may be worth another allocator. */
bool other_allocators_may_matter(const struct model *m, const struct detect *d);

/* Fills in the summary; adds a finding if the best one saves enough. */
void other_allocators(const struct model *m, const struct detect *d, struct findings *f,
                      struct calls_summary *c, measure_library_fn *measure, void *context);

#endif
