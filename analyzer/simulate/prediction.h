/*
 * From what a replay has measured to what a finding promises, and whether it passes the gates.
 *
 * The interval of CPU time spans the plain and the serialised replay, widened by what the same replay
 * gives on another day, by the spread of the runs and by the error of the windows.  A finding whose gain
 * lies near a gate is *borderline*: another run of the program may lie on the other side.  Where the
 * replay itself shows that a pool makes the heap larger, following the advice would do harm.
 */
#ifndef PT_SIMULATE_PREDICTION_H
#define PT_SIMULATE_PREDICTION_H

#include "detect/detect.h"
#include "simulate/measure.h"

/* True if the finding is measured by CPU time. */
bool prediction_is_cpu(const struct finding *x);
/* CPU of the untraced run; 0: not known. */
double prediction_run_ms(const struct model *m);
/* The calls of a run cost no more than the run did: scales a measurement that says otherwise. */
void prediction_fit(const struct model *m, struct replay_pair *r);
/* What a region gains beyond other policies, at most. */
double prediction_extra_ms(const struct finding *x, const struct replay_pair *r);
struct interval prediction_cpu(const struct model *m, const struct replay_pair *r, double extra_ms);
/* The low end of that interval if the machine had been calm: without the spread of the runs. */
double prediction_calm_ms(const struct replay_pair *r);
/* Requested bytes saved at the peak. */
double prediction_bytes(const struct replay_pair *r);

/* Fills in the finding's prediction and evidence. */
void prediction_sharpen(const struct model *m, struct finding *x, const struct replay_pair *r);
/* Whether what was measured still passes the gates; sets verdict and borderline. */
bool prediction_holds(const struct model *m, const struct detect *d, struct finding *x,
                      const struct replay_pair *r);
/* What the gates say of a finding whose gain is CPU time, see cpu_verdict.h. */
enum verdict prediction_verdict(const struct model *m, const struct detect *d,
                                const struct finding *x, const struct replay_pair *r,
                                bool *borderline);

/* So busy that nothing can be said: the spread is a good part of all that the calls cost. */
bool prediction_is_disturbed(const struct model *m, const struct replay_pair *r);
/* Whether to go on measuring.  d: NULL without gates. */
bool prediction_wants_more(const struct model *m, const struct detect *d, const struct finding *x,
                           const struct replay_pair *r, double budget_ms);

#endif
