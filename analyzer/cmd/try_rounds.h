/*
 * The rounds of a trial: one run of each arm a round, in turn forwards and backwards, until the differences are
 * clear or the rules end it; then the outcome of each finding.
 */
#ifndef CMD_TRY_ROUNDS_H
#define CMD_TRY_ROUNDS_H

#include "cmd/try_arm.h"
#include "trial/outcome.h"
#include "trial/sample.h"

#define ROUNDS_LEAST 5u

struct try_rules {
	uint32_t most_rounds;
	double budget_s;
	bool ignore_output, until_exit;
};

/* Measurements of an arm, by round. */
struct try_samples {
	double cpu_ms[SAMPLE_MOST], wall_ms[SAMPLE_MOST], rss_bytes[SAMPLE_MOST],
		faults[SAMPLE_MOST], calls[SAMPLE_MOST];
	struct try_counts counts; /* of the last run */
};

struct try_trial {
	struct try_program program;
	struct finding *finding[PLAN_FINDINGS_MAX]; /* of the plan, by arm - 1 */
	uint32_t n;
	uint32_t n_rounds;
	struct try_samples *arm[PLAN_FINDINGS_MAX + 3]; /* by arm + 1; NULL: is not run */
};

/* Runs, prints, keeps the outcomes.  An exit code, after error() unless it is EXIT_FINE or EXIT_EXCEEDED. */
int try_rounds(struct try_trial *t, const struct try_rules *rules, const struct model *m);

/* What a finding's arm has shown. */
struct outcome try_outcome(const struct try_trial *t, int arm, double call_ns);

/* Prints the table of an arm (try_print.c). */
void try_print(const struct try_trial *t, int arm, const struct outcome *o,
               const struct try_rules *rules);

/* What was done to the Python class of an arm's finding, each thing once; `only`: lines that begin so, NULL all. */
void try_print_told(const struct try_trial *t, int arm, const struct try_counts *c,
                    const char *only);

#endif
