/*
 * The verdict on a gain of CPU time: what was counted and what was measured, against the gates.
 *
 * Counts are the same in each run, times are not.  So a finding that passes the gate by its counts, with
 * room to spare, is dropped only when the measurement refutes it at its most favourable end; a machine that is
 * busy with other work makes it borderline, not absent.  Of one that only just passes by its counts the
 * measurement decides, at the middle of its interval.
 */
#ifndef PT_SIMULATE_CPU_VERDICT_H
#define PT_SIMULATE_CPU_VERDICT_H

#include "detect/finding.h"

struct cpu_gates {
	double minor_ms, win_ms; /* win_ms: INFINITY where nothing is a win for its CPU time */
};

/* All in ms of CPU saved. */
struct cpu_gain {
	struct interval measured; /* with the spread of the runs */
	double calm_low;          /* its low end without that spread */
	double counted_low;       /* calls times half their price; 0: not known */
	bool is_loss;             /* the plain runs show a loss beyond their spread */
};

/* VERDICT_NONE: refuted.  *borderline: another run of the program may lie on the other side of a gate. */
enum verdict cpu_verdict(const struct cpu_gates *gates, const struct cpu_gain *gain,
                         bool *borderline);

#endif
