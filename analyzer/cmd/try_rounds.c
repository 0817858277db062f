/* See try_rounds.h. */
#include "cmd/try_rounds.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "simulate/measured.h"
#include "trial/call_cost.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/progress.h"
#include "util/stopwatch.h"

/* Tight: the interval's half is less than this share of the difference, or of the plain run. */
#define TIGHT_OF_GAIN 0.1
#define TIGHT_OF_RUN 0.005

/* ---- one run ---- */

static void sample_keep(struct try_samples *s, uint32_t round, const struct try_run *r)
{
	s->cpu_ms[round] = r->cpu_ms;
	s->wall_ms[round] = r->wall_ms;
	s->rss_bytes[round] = r->rss_bytes;
	s->faults[round] = r->faults;
	s->calls[round] = r->counts.calls;
	s->counts = r->counts;
}

/* The library could not do its work in any process. */
static int check_library(const struct try_trial *t, const struct try_run *r)
{
	const struct try_counts *c = &r->counts;
	bool seen = false;

	if (!c->n_processes)
		return error("'%s' did not load the library", t->program.path);
	if (c->n_invalid == c->n_processes)
		return error("the library could not read the plan: line %u", c->bad_line);
	for (uint32_t i = 0; i < PLAN_MODULES_MAX; i++) {
		seen |= c->module_seen[i];
		if (c->module_changed[i] && !c->module_seen[i])
			return error(
				"the program was rebuilt since the recording, or another file has "
				"its name: record it again");
	}
	for (uint32_t i = 0; !seen && i < t->n; i++)
		if (!t->program.tunables[i + 1] && !t->finding[i]->slots)
			return error("'%s' does not run what was recorded", t->program.path);
	return 0;
}

/* Whether the program alone does something else, too, when it is run again. */
static bool varies_by_itself(const struct try_trial *t, const struct try_rules *rules,
                             const struct try_run *reference)
{
	struct try_run again;
	if (try_arm_run(&t->program, ARM_PLAIN, &again))
		return false;
	bool varies = try_difference(reference, &again, rules->ignore_output) != NULL;
	try_run_release(&again);
	return varies;
}

/* Which attributes the class has no slots for: in a run that says so. */
static void explain_class(const struct try_trial *t, int arm)
{
	struct try_run r;
	if (try_arm_explain(&t->program, arm, &r) == 0)
		try_print_told(t, arm, &r.counts, "sets an attribute");
	try_run_release(&r);
}

static int tell_difference(const struct try_trial *t, const struct try_rules *rules, int arm,
                           const char *differs, const struct try_run *reference)
{
	if (arm == ARM_PLAIN || varies_by_itself(t, rules, reference)) {
		error("the program, run again, %s; --ignore-output compares the exit code only",
		      differs);
		return EXIT_FAILED;
	}
	printf("%s %s\n",
	       arm == ARM_FORWARD ? "with the library, nothing enacted, the program"
	                          : "the enacted program",
	       differs);
	if (arm > ARM_FORWARD && arm < ARM_ALL && t->finding[arm - 1]->slots)
		explain_class(t, arm);
	return EXIT_EXCEEDED;
}

static bool was_interrupted(const struct try_trial *t, const struct try_rules *rules,
                            const struct try_run *r)
{
	return !rules->until_exit && !t->program.drive && WIFSIGNALED(r->wait_status) &&
	       WTERMSIG(r->wait_status) == SIGINT;
}

/* reference: the first plain run, filled in by it. */
static int try_one(struct try_trial *t, const struct try_rules *rules, int arm, uint32_t round,
                   struct try_run *reference)
{
	bool is_first = round == 0 && arm == ARM_PLAIN;
	struct try_run r;
	int code = try_arm_run(&t->program, arm, &r);
	if (code)
		return code;

	const char *differs = is_first || rules->until_exit
	                              ? NULL
	                              : try_difference(reference, &r, rules->ignore_output);
	if (was_interrupted(t, rules, &r))
		code = 128 + SIGINT;
	else if (differs)
		code = tell_difference(t, rules, arm, differs, reference);
	else if (arm != ARM_PLAIN && check_library(t, &r) < 0)
		code = EXIT_FAILED;

	sample_keep(t->arm[arm + 1], round, &r);
	if (is_first)
		*reference = r;
	else
		try_run_release(&r);
	return code;
}

/* ---- rounds ---- */

static void differences(const double *before, const double *after, uint32_t n, double *out)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = before[i] - after[i];
}

static struct interval saved(const double *before, const double *after, uint32_t n)
{
	double difference[SAMPLE_MOST];
	differences(before, after, n, difference);
	return sample_interval(difference, n);
}

static bool is_tight(const struct try_trial *t)
{
	const struct try_samples *forward = t->arm[ARM_FORWARD + 1];
	double run_ms = sample_median(t->arm[ARM_PLAIN + 1]->cpu_ms, t->n_rounds);

	for (int arm = 1; arm <= ARM_ALL; arm++) {
		if (!t->arm[arm + 1])
			continue;
		struct interval i = saved(forward->cpu_ms, t->arm[arm + 1]->cpu_ms, t->n_rounds);
		double half = (i.high - i.low) / 2, middle = fabs(i.high + i.low) / 2;
		if (half > fmax(TIGHT_OF_GAIN * middle, TIGHT_OF_RUN * run_ms))
			return false;
	}
	return true;
}

/* Each round the other way round than the one before: what warms up or slows down the machine evens out. */
static int try_round(struct try_trial *t, const struct try_rules *rules, struct try_run *reference)
{
	int code = EXIT_FINE;

	for (int i = ARM_PLAIN; i <= ARM_ALL && !code; i++) {
		int arm = t->n_rounds % 2 ? ARM_ALL + ARM_PLAIN - i : i;
		if (t->arm[arm + 1])
			code = try_one(t, rules, arm, t->n_rounds, reference);
	}
	return code;
}

static int run_rounds(struct try_trial *t, const struct try_rules *rules)
{
	struct try_run reference = {.out = -1, .err = -1};
	uint32_t most = rules->most_rounds < SAMPLE_MOST ? rules->most_rounds : SAMPLE_MOST;
	uint64_t start_ns = clock_ns();
	int code = EXIT_FINE;

	progress_begin("trying");
	while (!code && t->n_rounds < most) {
		double spent_s = (double)(clock_ns() - start_ns) / 1e9;
		if (t->n_rounds >= ROUNDS_LEAST && (spent_s > rules->budget_s || is_tight(t)))
			break;
		progress_step("runs", t->n_rounds, most);
		code = try_round(t, rules, &reference);
		t->n_rounds += !code;
	}
	progress_end();
	try_run_release(&reference);
	return code;
}

/* ---- the outcome ---- */

struct outcome try_outcome(const struct try_trial *t, int arm, double call_ns)
{
	const struct try_samples *before = t->arm[ARM_FORWARD + 1], *after = t->arm[arm + 1];
	const struct try_counts *c = &after->counts;
	uint32_t n = t->n_rounds;
	struct outcome o = {
		.n_pairs = n,
		.cpu_ms = saved(before->cpu_ms, after->cpu_ms, n),
		.wall_ms = saved(before->wall_ms, after->wall_ms, n),
		.rss_bytes = saved(before->rss_bytes, after->rss_bytes, n),
		.faults = saved(before->faults, after->faults, n),
		.plain_cpu_ms = sample_median(t->arm[ARM_PLAIN + 1]->cpu_ms, n),
		.forward_cpu_ms = sample_median(before->cpu_ms, n),
		.serve_cpu_ms = sample_median(after->cpu_ms, n),
		.calls_before = sample_median(before->calls, n),
		.calls_after = sample_median(after->calls, n),
		.freed = c->freed,
		.call_ns = call_ns,
	};

	for (uint32_t i = 0; i < t->n; i++)
		if (arm == ARM_ALL || i + 1 == (uint32_t)arm) {
			o.matched += c->served[i] + c->passed[i];
			o.served += c->served[i];
		}
	return o;
}

static bool is_refuted_now(struct finding *x, const struct model *m)
{
	struct finding *list[] = {x};
	struct findings one = {.list = list, .n = 1};
	outcomes_apply(m, &one);
	return x->verdict == VERDICT_REFUTED;
}

static int tell_outcomes(struct try_trial *t, const struct try_rules *rules, const struct model *m)
{
	struct measured *k = measured_open(m, false);
	double call_ns = call_cost_ns(t->program.library, t->program.directory);
	int code = EXIT_FINE;

	for (int arm = 1; arm <= ARM_ALL; arm++) {
		if (!t->arm[arm + 1])
			continue;
		struct outcome o = try_outcome(t, arm, call_ns);
		if (arm != ARM_ALL)
			outcome_keep(k, t->finding[arm - 1], &o);
		try_print(t, arm, &o, rules);
	}
	measured_close(k);

	for (uint32_t i = 0; i < t->n; i++)
		if (is_refuted_now(t->finding[i], m)) {
			printf("#%u %s: the promised gain is refuted\n", t->finding[i]->id,
			       t->finding[i]->kind);
			code = EXIT_EXCEEDED;
		}
	return code;
}

int try_rounds(struct try_trial *t, const struct try_rules *rules, const struct model *m)
{
	for (int arm = ARM_PLAIN; arm <= ARM_ALL; arm++)
		if (arm <= (int)t->n || (arm == ARM_ALL && t->n > 1))
			t->arm[arm + 1] = mem_zalloc(1, sizeof *t->arm[0]);

	int code = run_rounds(t, rules);
	if (!code)
		code = tell_outcomes(t, rules, m);
	for (int arm = ARM_PLAIN; arm <= ARM_ALL; arm++)
		free(t->arm[arm + 1]);
	return code;
}
