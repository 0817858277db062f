/*
 * From findings to predictions: replays the trace as recorded and with each finding's policy, and
 * replaces the modelled numbers by measured ones.  What does not hold up is taken back.
 *
 * measure.h describes the measurement, prediction.h what follows from it, measured.h where it is kept.
 */
#ifndef PT_SIMULATE_REPLAY_H
#define PT_SIMULATE_REPLAY_H

#include "detect/detect.h"
#include "detect/finding.h"
#include "model/model.h"
#include "simulate/measure.h"

struct replay_setting {
	double budget_ms;      /* CPU to spend on a candidate's timed runs; 0: default */
	uint64_t max_ops;      /* of longer traces windows are replayed; 0: default */
	const char *allocator; /* chosen by the user; NULL: the recorded one, if it is known */
	const char *kinds;     /* of detect_run(), for what is detected again; NULL all */
	bool measure_again;    /* forget what was measured before (measured.h) */
	bool kept_only;        /* replay nothing: use what was measured before */
};

/* Sharpens all findings that have a plan.  What the replay refutes is gone, and what the detectors say of
 * its blocks then is measured in turn; where nothing is left, other allocators are tried, and the reason
 * is said.  Without a replayer program the modelled numbers stay.  Never fails. */
void replay_findings(const struct model *m, struct detect *d, struct findings *f,
                     const struct replay_setting *setting);

/* For findings that no replay has confirmed: what rests on a table of prices alone is no win. */
void replay_leave_modelled(struct findings *f);

/* Sharpens one finding that has a plan; it stays whatever comes out. */
void replay_finding(const struct model *m, struct finding *x, const struct replay_setting *setting);

/* The library to preload for the replays: the user's choice, or the one that the trace was recorded with
 * if it is on the list of allocator.h and installed here.  NULL: libc's; warns if the program's was another. */
const char *replay_allocator(const struct model *m, const char *chosen);

/* Whether an allocator that the user names can be loaded.  -1 after error(). */
int replay_allocator_check(const char *chosen);

/* Prices of this machine, from the cache or measured now (about 0.3 s, once). */
void calibrate_load(struct cost_table *costs);

#endif
