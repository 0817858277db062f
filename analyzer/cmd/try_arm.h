/*
 * One run of a program in one arm of a trial.
 */
#ifndef CMD_TRY_ARM_H
#define CMD_TRY_ARM_H

#include <stdbool.h>

#include "cmd/launch.h"
#include "enact/results.h"

/* Arms are numbers: 1 to PLAN_FINDINGS_MAX enact that finding of the plan. */
enum try_arm {
	ARM_PLAIN = -1,  /* without the library */
	ARM_FORWARD = 0, /* the library looks allocations up and forwards them */
	ARM_ALL = PLAN_FINDINGS_MAX + 1,
};

/* What all processes of a run have counted. */
struct try_counts {
	uint32_t n_processes, n_invalid; /* n_invalid: that could not read the plan */
	uint32_t bad_line;
	bool module_seen[PLAN_MODULES_MAX], module_changed[PLAN_MODULES_MAX];
	double calls, freed, grown, moved, pool_bytes;
	double served[PLAN_FINDINGS_MAX], passed[PLAN_FINDINGS_MAX];
	double fallback[ENACT_N_FALLBACKS];
	char told[4096]; /* lines "FINDING TEXT" of what was done to Python classes */
};

struct try_run {
	double cpu_ms, wall_ms, rss_bytes, faults;
	uint32_t wait_status;
	int out, err; /* what it printed, from the start; closed by try_run_release() */
	struct try_counts counts;
};

/* What the runs of a trial have in common. */
struct try_program {
	const char *path;
	char **argv;
	const char *library, *directory, *plan_path; /* directory: ours, for the results */
	const char *tunables[PLAN_FINDINGS_MAX + 2]; /* by arm, NULL none */
	const char *drive; /* shell command that works with the program while it runs, NULL none */
	int in;            /* standard input, read from its start */
};

/* 0, or an exit code after error(). */
int try_arm_run(const struct try_program *p, int arm, struct try_run *out);
/* The same of a run whose Python classes say which attributes they have no slots for. */
int try_arm_explain(const struct try_program *p, int arm, struct try_run *out);
void try_run_release(struct try_run *r);

/* Whether two runs printed the same and ended alike; a sentence's end that says what differs, NULL nothing. */
const char *try_difference(const struct try_run *a, const struct try_run *b, bool ignore_output);

#endif
