/*
 * From findings to predictions: replays the trace as recorded and with each finding's policy, and
 * replaces the modelled numbers by measured ones.  What does not hold up is taken back.
 *
 * Calls and requested bytes are counted in one single-threaded replay and are exact.  CPU time is the
 * difference of interleaved runs, once plain and once serialised; the interval spans both.  What a
 * replay cannot see (locality, constructors, algorithms) is named in the prediction.
 */
#ifndef PT_SIMULATE_REPLAY_H
#define PT_SIMULATE_REPLAY_H

#include "detect/detect.h"
#include "detect/finding.h"
#include "model/model.h"
#include "simulate/child.h"
#include "simulate/opstream.h"

struct replay_setting {
	double budget_ms; /* CPU to spend on a candidate's timed runs; 0: default */
	bool progress;    /* a bar on stderr when that is a terminal */
};

/* Interleaved runs of two variants. */
struct replay_pair {
	struct ops_result before, after;             /* counted */
	struct ops_result timed_before, timed_after; /* the fastest plain runs */
	double plain_ms, fenced_ms;                  /* CPU saved */
	double noise_ms;                             /* spread of the runs */
	double before_ms;                            /* of the plain replay as recorded */
	unsigned n_runs;                             /* of each */
};

/* A variant: role as in child_replay(), under a setting. */
struct replay_variant {
	int role;
	struct child_setting setting;
};

int replay_measure(const struct opstream *s, const struct replay_variant *before,
                   const struct replay_variant *after, double budget_ms, struct replay_pair *out);

/* Sharpens all findings that have a plan; removes those that the replay refutes; says why when nothing
 * is left.  Without a replayer program the modelled numbers stay.  Never fails. */
void replay_findings(const struct model *m, const struct detect *d, struct findings *f,
                     const struct replay_setting *setting);

/* Sharpens one finding that has a plan; it stays whatever comes out. */
void replay_finding(const struct model *m, struct finding *x, const struct replay_setting *setting);

/* Sets findings.nothing when no native finding advises anything.  ceiling_ms: what the allocator
 * costs at most, replayed; negative: modelled. */
void replay_say_nothing(const struct model *m, struct findings *f, double ceiling_ms);

/* The library to preload for the allocator that the trace was recorded with; NULL for libc's. */
const char *replay_recorded_allocator(const struct model *m);

/* Prices of this machine, from the cache or measured now (about 0.3 s, once); see cost_table. */
void calibrate_load(void);

#endif
