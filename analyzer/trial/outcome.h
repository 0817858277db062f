/*
 * What a trial of a finding has shown, kept beside the trace (measured.h), and what it does to the finding:
 * enacted figures take the place of replayed ones, and a promised gain that the trial does not show is refuted.
 */
#ifndef PT_TRIAL_OUTCOME_H
#define PT_TRIAL_OUTCOME_H

#include "detect/finding.h"
#include "simulate/measured.h"

/* Differences are those of a run that looks up and forwards less one that serves; intervals of the median. */
struct outcome {
	double n_pairs;
	struct interval cpu_ms, wall_ms, rss_bytes, faults; /* saved */
	double plain_cpu_ms, forward_cpu_ms, serve_cpu_ms; /* medians; plain: without the library */
	double calls_before, calls_after;                  /* into the allocator, of one run */
	double matched, served, freed;                     /* of one run */
	double call_ns; /* that an inlined pool does not spend on each of served and freed */
};

bool outcome_read(const struct measured *k, const struct finding *x, struct outcome *o);
void outcome_keep(struct measured *k, const struct finding *x, const struct outcome *o);

/* CPU that the change in the source would save: an inlined pool makes no calls. */
struct interval outcome_edit_ms(const struct outcome *o);

/* Puts the stored results of trials into the findings, and orders them by it; their numbers stay. */
void outcomes_apply(const struct model *m, struct findings *f);

#endif
