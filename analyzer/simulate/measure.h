/*
 * Two variants of one op stream, replayed in turn: what the second saves, and how far that can be
 * trusted.
 *
 * Calls and requested bytes are counted in one single-threaded replay; of a stream that is one window
 * they are exact.  CPU time is the difference of interleaved runs, once plain and once serialised.  Of
 * a stream of several windows everything is extrapolated to the run: the difference per op that the
 * variant changes, times how many of those the run has.  error_ms is what the windows say about that
 * number: 95 % confidence from the spread between them.
 */
#ifndef PT_SIMULATE_MEASURE_H
#define PT_SIMULATE_MEASURE_H

#include "simulate/child.h"
#include "simulate/opstream.h"

/* A variant: role as in child_replay(), under a setting. */
struct replay_variant {
	int role;
	struct child_setting setting;
};

struct replay_pair {
	struct ops_result before, after;             /* counted */
	struct ops_result timed_before, timed_after; /* the fastest plain runs */
	double plain_ms, fenced_ms;                  /* CPU saved */
	double noise_ms;                             /* spread of the runs */
	double error_ms;                             /* of the extrapolation; 0: none was needed */
	double before_ms;                            /* of the plain replay as recorded */
	double spent_ms;                             /* wall time of the timed runs */
	unsigned n_runs;                             /* of each, in a window */
	uint32_t n_windows;
	double replayed_share; /* of the run's ops that the variant changes */
};

/* A comparison that can be gone on with: counts at the start, then times as long as one likes; the best
 * runs of all count.  NULL, or -1, quietly. */
struct replay_session;
struct replay_session *session_begin(const struct opstream *s, const struct replay_variant *before,
                                     const struct replay_variant *after);
/* budget_ms: for the timed runs of all windows; two or three of each are made the first time, then one. */
int session_run(struct replay_session *x, double budget_ms);
int session_tell(const struct replay_session *x, struct replay_pair *out);
void session_end(struct replay_session *x); /* NULL is fine */

/* All of that at once.  0, or -1 quietly. */
int replay_measure(const struct opstream *s, const struct replay_variant *before,
                   const struct replay_variant *after, double budget_ms, struct replay_pair *out);

/* What the variant's calls cost: the plain replay without what the replayer itself takes for as many ops.
 * Negative: the replay failed. */
double replay_calls_ms(const struct opstream *s, const struct replay_variant *variant);

/* From samples of a ratio: value[i] belongs to weight[i], of weights that sum up to all.  Returns the
 * sum of all values, estimated; *error its 95 % confidence, 0 when the samples are everything. */
double extrapolate(const double *value, const double *weight, uint32_t n, double all,
                   double *error);

#endif
