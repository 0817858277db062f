/* `pooltrace export`: a trace in another tool's format. */
#include "cmd/cmd.h"

#include <errno.h>
#include <string.h>

#include "export/export.h"
#include "util/mem.h"
#include "util/text.h"

struct export_command {
	const struct export_format *format;
	enum export_metric metric;
	const char *output; /* NULL = standard output */
	bool help_shown;
};

static const struct option_row rows[] = {
	{"to", 't', "FORMAT",
         "pprof, folded, speedscope, dhat, massif, callgrind, chrome, ndjson or csv"},
	{"metric", 'm', "METRIC", "peak, live, allocated, allocs or temporary (peak)"},
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
	c->metric = metric_find(value);
	if (c->metric == METRICS)
		return error("invalid --metric '%s': expected peak, live, allocated, allocs or "
		             "temporary",
		             value);
	return 0;
}

static int export_take(void *context, const char *name, const char *value)
{
	struct export_command *c = context;

	if (!strcmp(name, "to"))
		return take_format(c, value);
	if (!strcmp(name, "metric"))
		return take_metric(c, value);
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

/* Binary bytes do not belong on a terminal. */
static bool may_write(const struct export_command *c, int n_traces)
{
	if (!c->format)
		return error("no format given: use --to FORMAT, see 'pooltrace help export'") == 0;
	if (!n_traces)
		return error("no trace given; see 'pooltrace help export'") == 0;
	if (n_traces > 1 && !c->format->is_rows)
		return error("'%s' holds one trace, %d were given", c->format->name, n_traces) == 0;
	return true;
}

static int export_all(const struct export_command *c, char **paths, FILE *out)
{
	int code = EXIT_FINE;
	if (c->format->begin)
		c->format->begin(out);

	for (; *paths; paths++) {
		struct model *m = load_model(*paths);
		if (!m)
			return EXIT_FAILED;
		export_print(c->format, m, c->metric, out);
		int one = load_exit_code(m);
		code = one > code ? one : code;
		model_free(m);
	}
	return code;
}

static int export_run(int argc, char **argv)
{
	struct export_command c = {.metric = METRIC_PEAK};
	int first = options_parse(argc, argv, rows, false, export_take, &c);
	if (first < 0)
		return usage_exit(c.help_shown);
	if (!may_write(&c, argc - first))
		return EXIT_USAGE;

	FILE *out = c.output ? fopen(c.output, "w") : stdout;
	if (!out) {
		error_errno("cannot write '%s'", c.output);
		return EXIT_FAILED;
	}
	int code = export_all(&c, argv + first, out);
	bool failed = fflush(out) != 0 || ferror(out);
	if (c.output && fclose(out) != 0)
		failed = true;
	if (failed)
		error_errno("cannot write '%s'", c.output ? c.output : "standard output");
	return failed ? EXIT_FAILED : code;
}

const struct command cmd_export = {
	.name = "export",
	.arguments = "--to FORMAT [OPTIONS] TRACE...",
	.summary = "write a trace in another tool's format",
	.text = "The weights of a format with one metric are those of --metric. The totals are "
		"those of the report.\n"
		"folded, ndjson and csv take several traces.",
	.options = rows,
	.run = export_run,
};
