/* `pooltrace replay`: the recorded calls again, in a fresh process, as they were or otherwise. */
#include "load_findings.h"

#include <string.h>

#include "detect/plan.h"
#include "simulate/replay.h"
#include "simulate/tunables.h"
#include "util/text.h"

struct replay_command {
	const char *finding, *allocator, *tunables;
	double cpu_ms;
	uint64_t max_ops;
	bool help_shown;
};

static const struct option_row rows[] = {
	{"finding", 0, "ID", "with what this finding of `pooltrace report` proposes"},
	{"allocator", 0, "LIB", "with this allocator, e.g. libjemalloc.so.2, libmimalloc.so.2"},
	{"tunables", 0, "TEXT", "with these GLIBC_TUNABLES, e.g. glibc.malloc.tcache_count=100"},
	{"cpu-ms", 0, "MS",
         "CPU time of the program without tracing (else from record --baseline)"},
	{"replay-ops", 0, "N", "replay at most so many operations, in windows (4194304)"},
	{0},
};

static int replay_take(void *context, const char *name, const char *value)
{
	struct replay_command *c = context;

	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_replay);
		c->help_shown = true;
		return -1;
	}

	if (!strcmp(name, "cpu-ms"))
		return take_cpu_ms(value, &c->cpu_ms);
	if (!strcmp(name, "replay-ops"))
		return take_replay_ops(value, &c->max_ops);
	if (!strcmp(name, "finding"))
		c->finding = value;
	else if (!strcmp(name, "allocator"))
		c->allocator = value;
	else
		c->tunables = value;

	return 0;
}

static void put_row(const char *what, const char *before, const char *after)
{
	printf("  %-26s %14s %14s\n", what, before, after);
}

static void put_result(const struct replay_pair *r, const char *changed, double cpu_ms)
{
	put_row("", "as recorded", changed);
	put_row("allocator calls", full_count(r->before.calls), full_count(r->after.calls));
	put_row("requested at the peak", short_bytes((double)r->before.requested_peak),
	        short_bytes((double)r->after.requested_peak));
	if (r->timed_before.heap_peak && r->timed_after.heap_peak)
		put_row("heap at the peak", short_bytes((double)r->timed_before.heap_peak),
		        short_bytes((double)r->timed_after.heap_peak));

	put_row("page faults", full_count(r->timed_before.page_faults),
	        full_count(r->timed_after.page_faults));
	put_row("CPU of the calls", short_ns((double)r->timed_before.cpu_ns),
	        short_ns((double)r->timed_after.cpu_ns));
	double low = r->plain_ms < r->fenced_ms ? r->plain_ms : r->fenced_ms;
	double high = r->plain_ms < r->fenced_ms ? r->fenced_ms : r->plain_ms;
	printf("\nsaves %.2f to %.2f ms of CPU", low, high);
	if (cpu_ms > 0)
		printf(" (%.1f to %.1f %%)", 100 * low / cpu_ms, 100 * high / cpu_ms);
	printf("; %u runs of each, spread %.2f ms\n", r->n_runs, r->noise_ms);
	if (r->n_windows > 1)
		printf("extrapolated from %u windows with %.1f %% of the operations: "
		       "+- %.2f ms (95 %%)\n",
		       r->n_windows, 100 * r->replayed_share, r->error_ms);
}

static void replay_put_finding(const struct finding *x)
{
	printf("#%u %s: ", x->id, x->kind);
	text_put(stdout, x->title ? x->title : "");
	fputs("\n\n", stdout);
}

/* The variant to compare with, and its name in the table; NULL after error(). */
static const char *variant_of(const struct replay_command *c, const struct finding *x,
                              const char *recorded, struct replay_variant *after)
{
	*after = (struct replay_variant){
		x ? 1 : -1,
		{.preload = c->allocator ? c->allocator : recorded, .tunables = c->tunables}};
	if (x && x->plan->policy == POLICY_TUNABLE) {
		after->role = -1;
		after->setting.tunables = x->plan->tunables;
	}

	if (c->allocator && replay_allocator_check(c->allocator) < 0)
		return NULL;
	if (c->tunables && tunables_check(c->tunables) < 0)
		return NULL;
	const char *slash = c->allocator ? strrchr(c->allocator, '/') : NULL;
	return x              ? x->kind
	       : slash        ? slash + 1
	       : c->allocator ? c->allocator
	       : c->tunables  ? "tunables"
	                      : "again";
}

static int replay_trace(const struct replay_command *c, struct advice *a)
{
	struct finding *x = NULL;
	struct opstream s;
	struct replay_pair r;
	const char *recorded = replay_allocator(a->model, NULL);
	struct replay_variant before = {-1, {.preload = recorded}}, after;

	if (c->finding && !(x = advice_find(a, c->finding)))
		return EXIT_FAILED;
	if (x && (!x->plan || !x->n_sites)) {
		error("finding %s is of a kind that cannot be replayed: '%s'", c->finding, x->kind);
		return EXIT_FAILED;
	}

	if (!child_path()) {
		error("cannot find 'pooltrace-replay', which belongs beside this program");
		return EXIT_FAILED;
	}

	const char *changed = variant_of(c, x, recorded, &after);
	if (!changed || opstream_open(&s, a->model, &x, x ? 1 : 0,
	                              c->max_ops ? c->max_ops : OPS_DEFAULT_MAX) < 0)
		return EXIT_FAILED;

	int measured = replay_measure(&s, &before, &after, 1000, &r);
	opstream_close(&s);
	if (measured < 0) {
		error("the replay of '%s' failed", a->model->trace->path);
		return EXIT_FAILED;
	}

	if (x)
		replay_put_finding(x);
	put_result(&r, changed, (double)model_untraced_cpu_ns(a->model) / 1e6);
	return EXIT_FINE;
}

static int replay_run(int argc, char **argv)
{
	struct replay_command c = {.finding = NULL};
	struct advice a;
	int first = options_parse(argc, argv, rows, false, replay_take, &c);

	if (first < 0)
		return usage_exit(c.help_shown);
	if (first != argc - 1) {
		error("replay takes one trace; 'pooltrace help replay' tells more");
		return EXIT_USAGE;
	}

	int code = advice_load(&a, argv[first], c.cpu_ms);
	if (code != EXIT_FAILED) {
		int replayed = replay_trace(&c, &a);
		code = replayed ? replayed : code;
	}

	advice_release(&a);
	return code;
}

const struct command cmd_replay = {
	.name = "replay",
	.arguments = "[OPTIONS] TRACE",
	.summary =
		"run a trace's allocator calls again, with a finding applied or another allocator",
	.text = "Runs are interleaved, each in a fresh process; CPU is given once as the calls "
		"come and once\n"
		"serialised, the truth lies between.  Only the allocator's own time is seen: "
		"locality,\n"
		"constructors and algorithms come on top.",
	.options = rows,
	.run = replay_run,
};
