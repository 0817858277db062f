/* `pooltrace export`: a trace in another tool's format. */
#include "load_findings.h"

#include <string.h>

#include "export/export.h"
#include "util/text.h"

struct export_command {
	const struct export_format *format;
	struct export_request request;
	const char *saved;     /* id of the finding of --metric saved:ID, NULL none */
	const char *output;    /* NULL = standard output */
	const char *labels;    /* NULL: those of the trace */
	const char *from, *to; /* moments; NULL the start and the end */
	bool findings;         /* are looked for, for the columns of tables */
	bool help_shown;
};

static const struct option_row rows[] = {
	{"to", 't', "FORMAT",
         "pprof, folded, speedscope, dhat, massif, callgrind, heaptrack, chrome, otlp, ndjson, csv "
         "or parquet"},
	{"metric", 'm', "METRIC",
         "peak, live, allocated, allocs, temporary or saved:FINDING (peak)"},
	{"from", 0, "MOMENT", "count what is allocated from a time (12.5s), a mark or a region on"},
	{"to-time", 0, "MOMENT", "and before this moment; NAME:end is the end of a region"},
	{"window", 0, "TIME", "tables: rows for each window of this length, e.g. 60s"},
	{"findings", 0, NULL, "tables: look for findings, too"},
	{"labels", 0, "LABELS", "tables: service=a,version=b (those of the recording)"},
	{"output", 'o', "FILE", "where to write (standard output)"},
	DEBUGINFOD_ROW,
	{0},
};

static int take_format(struct export_command *c, const char *value)
{
	const char *names[16] = {NULL};
	for (unsigned i = 0; export_formats[i]; i++) {
		names[i] = export_formats[i]->name;
		if (!strcmp(names[i], value))
			c->format = export_formats[i];
	}
	if (c->format && !strcmp(c->format->name, value))
		return 0;

	const char *nearest = text_nearest(value, names);
	if (nearest)
		return error("invalid --to '%s': the nearest format is '%s'", value, nearest);
	return error("invalid --to '%s': see 'pooltrace help export'", value);
}

static int take_metric(struct export_command *c, const char *value)
{
	c->saved = !strncmp(value, "saved:", 6) && value[6] ? value + 6 : NULL;
	c->request.metric = c->saved ? METRIC_SAVED : metric_find(value);
	if (c->request.metric < METRIC_SAVED || c->saved)
		return 0;
	return error("invalid --metric '%s': expected peak, live, allocated, allocs, temporary or "
	             "saved:FINDING",
	             value);
}

static int take_time(const char *name, const char *value, uint64_t *ns)
{
	if (read_time(value, ns) && *ns)
		return 0;
	return error("invalid --%s '%s': expected a time such as 12.5s", name, value);
}

static int export_take(void *context, const char *name, const char *value)
{
	struct export_command *c = context;

	if (!strcmp(name, "to"))
		return take_format(c, value);
	if (!strcmp(name, "metric"))
		return take_metric(c, value);
	if (!strcmp(name, "from"))
		c->from = value;
	if (!strcmp(name, "to-time"))
		c->to = value;
	if (!strcmp(name, "window"))
		return take_time(name, value, &c->request.step_ns);
	if (!strcmp(name, "findings"))
		c->findings = true;
	if (!strcmp(name, "labels"))
		c->labels = value;
	if (!strcmp(name, "output"))
		c->output = value;
	if (!strcmp(name, "debuginfod"))
		symbols_ask_server();
	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_export);
		c->help_shown = true;
		return -1;
	}

	return 0;
}

static bool may_write(const struct export_command *c, int n_traces)
{
	const struct export_request *q = &c->request;

	if (!c->format)
		return error("no format given: use --to FORMAT, see 'pooltrace help export'") == 0;
	if (!n_traces)
		return error("no trace given; see 'pooltrace help export'") == 0;
	if (n_traces > 1 && !c->format->is_many)
		return error("'%s' holds one trace, %d were given", c->format->name, n_traces) == 0;
	if (!c->format->is_table && (q->step_ns || c->findings || c->labels))
		return error("--window, --findings and --labels are for tables: ndjson, csv, "
		             "parquet") == 0;
	return true;
}

static int export_one(const struct export_command *c, const char *path, void *state, FILE *out)
{
	struct export_request request = c->request;
	const unsigned parts = detect_parts(NULL);
	struct model *m = c->from || c->to ? load_model_between(path, c->from, c->to, parts)
	                                   : load_model(path, parts);
	struct advice a;

	if (!m)
		return EXIT_FAILED;
	int code = advice_of(&a, m, c->findings || c->saved);
	if (c->findings)
		request.findings = &a.findings;
	if (c->saved)
		request.finding = advice_find(&a, c->saved);
	request.labels = c->labels ? c->labels : m->process->labels;
	if (c->saved && !request.finding)
		code = EXIT_FAILED;
	else
		export_print(c->format, m, &request, state, out);
	advice_release(&a);
	return code;
}

static int export_all(const struct export_command *c, char **paths, FILE *out)
{
	void *state = c->format->begin ? c->format->begin(out) : NULL;
	int code = EXIT_FINE;

	for (; *paths && code != EXIT_FAILED; paths++) {
		int one = export_one(c, *paths, state, out);
		code = one == EXIT_FAILED || one > code ? one : code;
	}
	if (c->format->end)
		c->format->end(state, out);
	return code;
}

static int export_run(int argc, char **argv)
{
	struct export_command c = {.request = {.metric = METRIC_PEAK}};
	int first = options_parse(argc, argv, rows, false, export_take, &c);
	if (first < 0)
		return usage_exit(c.help_shown);
	if (!may_write(&c, argc - first))
		return EXIT_USAGE;

	FILE *out = output_open(c.output);
	if (!out)
		return EXIT_FAILED;
	int code = export_all(&c, argv + first, out);
	return output_close(out, c.output) < 0 ? EXIT_FAILED : code;
}

const struct command cmd_export = {
	.name = "export",
	.arguments = "--to FORMAT [OPTIONS] TRACE...",
	.summary = "write a trace in another tool's format",
	.text = "The weights of a format with one metric are those of --metric. The totals are "
		"those of the report.\n"
		"folded and the tables (ndjson, csv, parquet) take several traces.",
	.options = rows,
	.run = export_run,
};
