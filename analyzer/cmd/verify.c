/*
 * `pooltrace verify --finding ID BEFORE AFTER`: was the prediction right?  BEFORE is predicted from,
 * AFTER is a recording of the program with the advice applied.
 */
#include "load_findings.h"

#include <math.h>
#include <string.h>

#include "simulate/replay.h"
#include "util/text.h"

/* How far outside its interval a measurement may lie: the start and the end of a program differ a
 * little from one build to the next. */
#define SLACK_CALLS 16.0
#define SLACK_CALLS_SHARE 0.001
#define SLACK_BYTES 4096.0
#define SLACK_BYTES_SHARE 0.05 /* of the peak before */

struct verify_command {
	const char *finding;
	double cpu_ms[2];
	uint64_t max_ops;
	bool help_shown, no_replay;
};

static const struct option_row rows[] = {
	{"finding", 0, "ID", "the finding of BEFORE that was applied (1)"},
	{"cpu-ms", 0, "MS",
         "CPU time of the program before, without tracing (else from record --baseline)"},
	{"cpu-ms-after", 0, "MS", "the same, after"},
	{"replay-ops", 0, "N", "replay at most so many operations, in windows (4194304)"},
	{"no-replay", 0, NULL, "hold the model's prediction to account, not the replay's"},
	{0},
};

static int verify_take(void *context, const char *name, const char *value)
{
	struct verify_command *c = context;

	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_verify);
		c->help_shown = true;
		return -1;
	}

	if (!strcmp(name, "cpu-ms"))
		return take_cpu_ms(value, &c->cpu_ms[0]);
	if (!strcmp(name, "cpu-ms-after"))
		return take_cpu_ms(value, &c->cpu_ms[1]);
	if (!strcmp(name, "replay-ops"))
		return take_replay_ops(value, &c->max_ops);
	if (!strcmp(name, "no-replay"))
		c->no_replay = true;
	else
		c->finding = value;

	return 0;
}

static double verify_calls_of(const struct model *m)
{
	return (double)m->totals.allocs + (double)m->totals.frees - (double)m->totals.reallocs;
}

/* One of eight texts in turn: a line of the table has as many at most. */
static const char *number_text(const char *format, double x)
{
	static char text[8][32];
	static unsigned next;
	char *s = text[next++ % 8];

	snprintf(s, sizeof text[0], format, x);
	return s;
}

static const char *count_text(double n)
{
	return number_text("%.0f", n);
}

static const char *ms_text(double ms)
{
	return number_text("%.2f ms", ms);
}

static const char *bytes_text(double bytes)
{
	return number_text("%.0f B", bytes);
}

/* Where a saving was promised, none at all is no slack's width away from it. */
static double slack_within(double slack, const struct interval *i)
{
	return i->low > 0 && slack > i->low / 2 ? i->low / 2 : slack;
}

/* One line; whether the measurement lies in the interval, give or take the slack. */
static bool check(const char *what, const struct interval *i, double measured, double slack,
                  const char *(*text)(double))
{
	bool inside = measured >= i->low - slack_within(slack, i) && measured <= i->high + slack;
	printf("  %-22s %16s %16s %16s  %s\n", what, text(i->low), text(i->high), text(measured),
	       inside              ? "inside"
	       : measured < i->low ? "BELOW"
	                           : "ABOVE");
	return inside;
}

static const struct class_stats *verify_same_class(const struct model *m,
                                                   const struct class_stats *c)
{
	for (uint32_t i = 0; c && i < m->n_classes; i++)
		if (!strcmp(m->classes[i].name, c->name) &&
		    !strcmp(m->classes[i].module, c->module))
			return &m->classes[i];
	return NULL;
}

/* Of findings about a class: is it gone? */
static bool check_gone(const struct finding *x, const struct model *a, const struct advice *after)
{
	const struct class_stats *c = x->class_id ? model_class(a, x->class_id) : NULL;
	const struct class_stats *same = verify_same_class(after->model, c);

	for (uint32_t i = 0; same && i < after->findings.n; i++) {
		const struct finding *y = after->findings.list[i];

		if (strcmp(y->kind, x->kind) || y->class_id != same->class_id)
			continue;
		printf("  STILL FOUND in the trace after: #%u %s: ", y->id, y->kind);
		text_put(stdout, y->title ? y->title : "");
		putchar('\n');
		return false;
	}
	return true;
}

/* Method objects of the function that the finding names. */
static double methods_made(const struct finding *x, const struct model *m)
{
	double n = 0;

	for (uint32_t i = 0; i < m->trace->n_bounds; i++)
		for (uint32_t k = 0; k < x->n_evidence; k++)
			if (x->evidence[k].text && !strcmp(x->evidence[k].name, "function") &&
			    !strcmp(x->evidence[k].text, m->trace->bounds[i].function))
				n += (double)m->trace->bounds[i].n_made;
	return n;
}

static bool check_objects(const struct finding *x, const struct model *a, const struct model *b)
{
	const struct class_stats *before = x->class_id ? model_class(a, x->class_id) : NULL;
	const struct class_stats *after = verify_same_class(b, before);
	double measured;

	if (!strcmp(x->kind, "bound-methods"))
		measured = methods_made(x, a) - methods_made(x, b);
	else if (before)
		measured = (double)before->built - (after ? (double)after->built : 0);
	else
		return true;
	return check("objects saved", &x->prediction.objects_saved, measured, 0, count_text);
}

static bool check_all(const struct finding *x, const struct model *a, const struct advice *changed)
{
	const struct model *b = changed->model;
	const struct prediction *p = &x->prediction;
	double calls = verify_calls_of(a) - verify_calls_of(b);
	double bytes = (double)a->totals.peak_live_bytes - (double)b->totals.peak_live_bytes;
	double before = (double)model_untraced_cpu_ns(a) / 1e6,
	       after = (double)model_untraced_cpu_ns(b) / 1e6;
	bool right = true;

	printf("  %-22s %16s %16s %16s\n", "", "predicted low", "high", "measured");
	if (p->allocator_calls_saved.present)
		right &= check("allocator calls saved", &p->allocator_calls_saved, calls,
		               fmax(SLACK_CALLS, SLACK_CALLS_SHARE * fabs(calls)), count_text);

	if (p->live_bytes_saved.present)
		right &= check(
			"bytes saved at peak", &p->live_bytes_saved, bytes,
			fmax(SLACK_BYTES, SLACK_BYTES_SHARE * (double)a->totals.peak_live_bytes),
			bytes_text);

	if (p->objects_saved.present)
		right &= check_objects(x, a, b);
	if (p->cpu_ms_saved.present && before > 0 && after > 0)
		right &= check("CPU saved", &p->cpu_ms_saved, before - after, 0, ms_text);
	else if (p->cpu_ms_saved.present)
		puts("  CPU: not measured; record both with --baseline, or give --cpu-ms and "
		     "--cpu-ms-after");

	return check_gone(x, a, changed) && right;
}

/* Whether something besides CPU time was predicted that a recording of the same program would miss. */
static bool tells_without_cpu(const struct finding *x)
{
	const struct prediction *p = &x->prediction;
	return p->allocator_calls_saved.present || p->objects_saved.present ||
	       (p->live_bytes_saved.present &&
	        (p->live_bytes_saved.low > SLACK_BYTES || p->live_bytes_saved.high < -SLACK_BYTES));
}

static bool lacks_cpu(const struct finding *x, const struct model *a, const struct model *b)
{
	return x->prediction.cpu_ms_saved.present && !tells_without_cpu(x) &&
	       (!model_untraced_cpu_ns(a) || !model_untraced_cpu_ns(b));
}

/* ---- all tiers beside one another ---- */

static void put_tier_row(const char *tier, const struct prediction *p)
{
	printf("  %-22s", tier);
	if (p->cpu_ms_saved.present)
		printf(" %16s to %-12s", ms_text(p->cpu_ms_saved.low),
		       ms_text(p->cpu_ms_saved.high));
	else
		printf(" %32s", "");
	if (p->allocator_calls_saved.present)
		printf(" %12s calls", count_text(p->allocator_calls_saved.high));
	if (p->live_bytes_saved.present)
		printf(" %14s", bytes_text(p->live_bytes_saved.high));
	putchar('\n');
}

static void put_tiers(struct finding *x, const struct model *a, const struct model *b)
{
	double before = (double)model_untraced_cpu_ns(a) / 1e6,
	       after = (double)model_untraced_cpu_ns(b) / 1e6, cpu = before - after,
	       calls = verify_calls_of(a) - verify_calls_of(b),
	       bytes = (double)a->totals.peak_live_bytes - (double)b->totals.peak_live_bytes;
	struct prediction confirmed = {.allocator_calls_saved = interval_of(calls, calls),
	                               .live_bytes_saved = interval_of(bytes, bytes)};

	if (before > 0 && after > 0)
		confirmed.cpu_ms_saved = interval_of(cpu, cpu);
	finding_keep_prediction(x);
	puts("\n  what was saved, by tier");
	for (unsigned i = 0; i < N_TIERS; i++) {
		const struct prediction *p = &x->earlier[i];
		if (p->cpu_ms_saved.present || p->allocator_calls_saved.present ||
		    p->live_bytes_saved.present)
			put_tier_row(tier_name((enum tier)i), p);
	}
	put_tier_row("confirmed", &confirmed);
}

/* The tier that is held to account: an enacted figure is what the trial has shown already. */
static void choose_tier(struct finding *x, enum tier tier)
{
	if (x->prediction.tier != TIER_ENACTED || x->slots)
		return;
	finding_keep_prediction(x);
	char *assumes = x->prediction.assumes;
	x->prediction = x->earlier[tier];
	x->prediction.assumes = assumes;
}

static int verify_traces(const struct verify_command *c, struct advice *a, struct finding *x,
                         const char *path)
{
	const struct replay_setting setting = {.max_ops = c->max_ops};
	struct advice after;
	int damaged = advice_load(&after, path, c->cpu_ms[1]), code = EXIT_FAILED;

	if (damaged != EXIT_FAILED) {
		choose_tier(x, TIER_MODELLED);
		if (!c->no_replay && x->plan)
			replay_finding(a->model, x, &setting);
		printf("#%u %s: ", x->id, x->kind);
		text_put(stdout, x->title ? x->title : "");
		fputs("\n\n", stdout);
		code = check_all(x, a->model, &after) ? damaged : EXIT_EXCEEDED;
		put_tiers(x, a->model, after.model);
		if (lacks_cpu(x, a->model, after.model)) {
			error("only CPU time would tell whether finding %u came true, and it is "
			      "not known",
			      x->id);
			code = EXIT_FAILED;
		}
	}
	advice_release(&after);
	return code;
}

static int verify_run(int argc, char **argv)
{
	struct verify_command c = {.finding = "1"};
	struct advice a;
	int first = options_parse(argc, argv, rows, false, verify_take, &c);

	if (first < 0)
		return usage_exit(c.help_shown);
	if (first != argc - 2) {
		error("verify takes two traces, before and after; 'pooltrace help verify' tells "
		      "more");
		return EXIT_USAGE;
	}

	int code = advice_load(&a, argv[first], c.cpu_ms[0]);
	if (code != EXIT_FAILED) {
		struct finding *x = advice_find(&a, c.finding);
		int verified = x ? verify_traces(&c, &a, x, argv[first + 1]) : EXIT_FAILED;
		code = verified ? verified : code;
	}

	advice_release(&a);
	return code;
}

const struct command cmd_verify = {
	.name = "verify",
	.arguments = "[OPTIONS] BEFORE AFTER",
	.summary = "compare a finding's prediction with a recording of the changed program",
	.text = "Exit code 3: a measured saving lies outside the predicted interval, or the "
		"finding, if "
		"it is about a class, is still there.",
	.options = rows,
	.run = verify_run,
};
