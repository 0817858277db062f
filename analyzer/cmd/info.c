/* `pooltrace info`: what a trace is of and how good it is, without advice. */
#include "cmd/cmd.h"

#include <string.h>
#include <time.h>

#include "util/text.h"

#define EVENTS_TELLING 100000u /* of fewer the half-empty last chunks are most of the bytes */

static const struct option_row rows[] = {{0}};

static int info_take(void *context, const char *name, const char *value)
{
	(void)value;
	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_info);
		*(bool *)context = true;
	}
	return -1;
}

static void info_put(const char *key, const char *text)
{
	printf("%-14s ", key);
	text_put(stdout, text);
	putchar('\n');
}

static void put_start(const struct trace_process *p)
{
	char text[64];
	time_t start = (time_t)(p->start_real_ns / 1000000000);
	struct tm tm;
	if (gmtime_r(&start, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm))
		printf("%-14s %s, ran %s, %s\n", "started", text, short_ns((double)p->duration_ns),
		       report_end(p));
}

static void put_process(const struct trace_process *p)
{
	info_put("program", p->exe);
	printf("%-14s", "command");
	for (uint32_t i = 0; i < p->argc; i++) {
		putchar(' ');
		text_put(stdout, p->argv[i]);
	}

	putchar('\n');
	info_put("directory", p->cwd);
	printf("%-14s %u of parent %u on ", "process", p->pid, p->ppid);
	text_put(stdout, p->host);
	putchar('\n');
	put_start(p);
	info_put("allocator", *p->allocator ? p->allocator : "unknown");
	if (*p->python_version)
		info_put("python", p->python_version);
}

static void info_put_cost(const char *key, const struct trace_cost *c)
{
	printf("%-14s CPU %s, wall %s, peak RSS %s\n", key, short_ns((double)c->cpu_ns),
	       short_ns((double)c->wall_ns), short_bytes((double)c->peak_rss_bytes));
}

static void put_numbers(const struct model *m)
{
	const struct model_totals *t = &m->totals;
	const struct trace *x = m->trace;
	uint64_t done, all;
	struct events *e = events_new(m->trace, NULL, NULL);

	events_progress(e, &done, &all);
	events_free(e);
	printf("%-14s version %u.%u, %s", "trace", x->version_major, x->version_minor,
	       short_bytes((double)x->file_bytes));
	if (m->health.events >= EVENTS_TELLING)
		printf(", %.1f bytes per event\n", (double)all / (double)m->health.events);
	else
		putchar('\n');

	printf("%-14s %s (%s allocations, %s frees)\n", "events", full_count(m->health.events),
	       full_count(t->allocs), full_count(t->frees));
	printf("%-14s %s stacks of %s frames, %s sites, %s classes\n", "names",
	       full_count(x->n_stacks - 1), full_count(x->n_frames - 1), full_count(m->n_sites),
	       full_count(m->n_classes));
	printf("%-14s at most %s, at the end %s in %s blocks\n", "live",
	       short_bytes((double)t->peak_live_bytes), short_bytes((double)t->live_bytes),
	       full_count(t->live_blocks));
	printf("%-14s %s lost, %s unmatched frees, %s truncated stacks%s\n", "health",
	       full_count(m->health.lost_events), full_count(m->health.unmatched_frees),
	       full_count(m->health.truncated_stacks), m->health.complete ? ", complete" : "");
}

static void put_lists(const struct model *m)
{
	const struct trace *t = m->trace;

	for (uint32_t i = 0; i < t->n_threads; i++)
		if (t->threads[i].tid) {
			printf("%-14s %u: tid %u ", "thread", i, t->threads[i].tid);
			text_put(stdout, t->threads[i].name);
			putchar('\n');
		}

	for (uint32_t i = 0; i < t->n_children; i++)
		printf("%-14s %u after %s\n", "child", t->children[i].pid,
		       short_ns((double)t->children[i].at_ns));

	for (uint32_t i = 1; i < t->n_modules; i++) {
		const struct trace_module *x = &t->modules[i];
		if (!*x->path && !x->n_build_id)
			continue;
		printf("%-14s ", "module");
		text_put(stdout, x->path);
		fputs("  build id ", stdout);
		for (uint32_t k = 0; k < x->n_build_id; k++)
			printf("%02x", x->build_id[k]);
		fputs(x->n_build_id ? "\n" : "none\n", stdout);
	}

	for (uint32_t i = 0; i < t->n_notes; i++)
		info_put("note", t->notes[i]);
	if (report_untraced(&t->process))
		info_put("note", report_untraced(&t->process));
	if (report_unwritten(&t->process))
		info_put("note", report_unwritten(&t->process));
}

static int info_run(int argc, char **argv)
{
	bool help_shown = false;
	int first = options_parse(argc, argv, rows, false, info_take, &help_shown);

	if (first < 0)
		return usage_exit(help_shown);
	if (first + 1 != argc) {
		error("info needs one trace");
		return EXIT_USAGE;
	}

	struct model *m = load_model(argv[first], MODEL_COUNTS);
	if (!m)
		return EXIT_FAILED;
	put_process(m->process);
	if (m->process->has_run)
		info_put_cost("traced run", &m->process->run);
	if (m->process->has_baseline)
		info_put_cost("untraced run", &m->process->baseline);
	put_numbers(m);
	put_lists(m);
	int code = load_exit_code(m);
	model_free(m);
	return code;
}

const struct command cmd_info = {
	.name = "info",
	.arguments = "TRACE",
	.summary = "say what a trace is of, and whether it is complete",
	.options = rows,
	.run = info_run,
};
