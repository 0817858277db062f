/* `pooltrace diff`: what changed between two runs, or between several runs of two sides. */
#include "load_findings.h"

#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "util/mem.h"
#include "util/text.h"

struct diff_command {
	const struct compare_format *format;
	const char *output;
	uint32_t top, depth;
	double most_increase; /* per cent; negative: no limit */
	bool help_shown;
};

static const struct option_row rows[] = {
	{"format", 'f', "FORMAT", "text, json, markdown or html (text)"},
	{"output", 'o', "FILE", "where to write (standard output)"},
	{"top", 'n', "N", "places to print (20); JSON has all"},
	{"by", 0, "place|stack", "what is a place: a function, or a call stack (place)"},
	{"fail-on-increase", 0, "PERCENT",
         "exit with 3 when allocations, bytes or the peak grew by more than this"},
	DEBUGINFOD_ROW,
	{0},
};

static int take_format(struct diff_command *c, const char *value)
{
	const char *names[8] = {NULL};
	for (unsigned i = 0; compare_formats[i]; i++) {
		names[i] = compare_formats[i]->name;
		if (!strcmp(names[i], value)) {
			c->format = compare_formats[i];
			return 0;
		}
	}
	const char *nearest = text_nearest(value, names);
	return error("invalid --format '%s': %s%s", value, nearest ? "the nearest is " : "",
	             nearest ? nearest : "expected text, json, markdown or html");
}

static int take_top(struct diff_command *c, const char *value)
{
	long n = options_number("top", value, 1);
	c->top = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	return n < 0 ? -1 : 0;
}

static int take_by(struct diff_command *c, const char *value)
{
	c->depth = !strcmp(value, "stack") ? 0 : 1;
	if (strcmp(value, "stack") && strcmp(value, "place"))
		return error("invalid --by '%s': expected place or stack", value);
	return 0;
}

static int diff_take(void *context, const char *name, const char *value)
{
	struct diff_command *c = context;

	if (!strcmp(name, "format"))
		return take_format(c, value);
	if (!strcmp(name, "top"))
		return take_top(c, value);
	if (!strcmp(name, "by"))
		return take_by(c, value);
	if (!strcmp(name, "fail-on-increase"))
		return take_percent(name, value, &c->most_increase);
	if (!strcmp(name, "output"))
		c->output = value;
	if (!strcmp(name, "debuginfod"))
		symbols_ask_server();
	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_diff);
		c->help_shown = true;
		return -1;
	}

	return 0;
}

/* ---- the limit ---- */

static void name_places(const struct comparison *c, unsigned measure)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < c->n_shown && n < 3; i++) {
		const struct compare_place *x = c->places[i];
		double before = compare_mean(c, BEFORE, &x->value[BEFORE][measure]);
		double after = compare_mean(c, AFTER, &x->value[AFTER][measure]);
		if (after <= before)
			continue;

		char *name = text_clean(x->name), *where = text_clean(x->where);
		warning("  %s by %s%s%s", compare_change(before, after, measure), name,
		        *where ? "  " : "", where);
		free(name);
		free(where);
		n++;
	}
}

/* EXIT_EXCEEDED, after naming what grew, where. */
static int check_increase(const struct comparison *c, double limit)
{
	static const unsigned measures[] = {MEASURE_ALLOCS, MEASURE_BYTES, MEASURE_PEAK};
	int code = EXIT_FINE;

	for (unsigned n = 0; limit >= 0 && n < 3; n++) {
		unsigned i = measures[n];
		double grew = compare_increase(&c->total[BEFORE][i], &c->total[AFTER][i]);
		if (grew <= limit)
			continue;
		warning("%s grew by %.3g %%, more than %g %%", compare_total_name(i), grew, limit);
		name_places(c, i);
		code = EXIT_EXCEEDED;
	}
	return code;
}

/* ---- the two sides ---- */

static int add_side(struct comparison *c, enum side side, char **paths, int n)
{
	int code = EXIT_FINE;

	for (int i = 0; i < n; i++) {
		struct advice a;
		int one = advice_load(&a, paths[i], 0);
		if (a.model)
			compare_add(c, side, a.model, &a.findings);
		advice_release(&a);
		if (one == EXIT_FAILED)
			return EXIT_FAILED;
		code = one > code ? one : code;
	}
	return code;
}

static int print(const struct diff_command *d, struct comparison *c)
{
	FILE *f = output_open(d->output);
	if (!f)
		return -1;
	d->format->print(c, d->top, f);
	return output_close(f, d->output);
}

static int compare_sides(const struct diff_command *d, char **before, int n_before, char **after,
                         int n_after)
{
	struct comparison c;

	compare_init(&c, d->depth);
	int code = add_side(&c, BEFORE, before, n_before);
	int other = code == EXIT_FAILED ? code : add_side(&c, AFTER, after, n_after);
	code = other > code ? other : code;
	if (code != EXIT_FAILED) {
		compare_finish(&c);
		int exceeded = print(d, &c) < 0 ? EXIT_FAILED
		                                : check_increase(&c, d->most_increase);
		code = exceeded ? exceeded : code;
	}
	compare_release(&c);
	return code;
}

/* Index of "--" between two lists of traces; argc: there is none. */
static int find_separator(int argc, char **argv)
{
	int i = 1;
	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	return i;
}

static int diff_run(int argc, char **argv)
{
	struct diff_command d = {
		.format = &compare_text, .top = 20, .depth = 1, .most_increase = -1};
	int middle = find_separator(argc, argv);
	int first = options_parse(middle, argv, rows, false, diff_take, &d);

	if (first < 0)
		return usage_exit(d.help_shown);
	if (middle < argc && middle > first && middle + 1 < argc)
		return compare_sides(&d, argv + first, middle - first, argv + middle + 1,
		                     argc - middle - 1);
	if (middle == argc && first == argc - 2)
		return compare_sides(&d, argv + first, 1, argv + first + 1, 1);
	error("diff takes two traces, or several before and after '--'; 'pooltrace help diff' "
	      "tells more");
	return EXIT_USAGE;
}

const struct command cmd_diff = {
	.name = "diff",
	.arguments = "[OPTIONS] BEFORE AFTER | BEFORE... -- AFTER...",
	.summary = "compare two runs, or several runs of two sides",
	.text = "Places are matched by function (Python: and file) without lines, addresses and "
		"directories.\n"
		"Of several runs of a side the mean is compared; a change within the range of the "
		"runs is noise.\n"
		"Exit code 3: grew by more than --fail-on-increase, the least run after against "
		"the "
		"most before.",
	.options = rows,
	.run = diff_run,
};
