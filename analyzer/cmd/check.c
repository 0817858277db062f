/* `pooltrace check`: limits on what a program allocates, for CI. */
#include "load_findings.h"

#include <stdlib.h>
#include <string.h>

#include "gate/config.h"
#include "gate/gate.h"
#include "model/announced.h"
#include "util/mem.h"
#include "util/text.h"

struct check_command {
	struct gate gate;
	const char *baseline, *json, *junit, *sarif;
	char *kept[64]; /* texts of a configuration file, which is closed */
	unsigned n_kept;
	bool update_baseline, github, help_shown;
};

static const struct option_row rows[] = {
	{"max-leaked", 0, "SIZE", "at most so much is live at the end"},
	{"max-peak", 0, "SIZE", "live bytes of a process never exceed this"},
	{"max-allocs", 0, "[FUNCTION=]N",
         "at most so many allocations, of the run or below a function"},
	{"max-bytes", 0, "[FUNCTION=]SIZE", "at most so many bytes allocated, likewise"},
	{"no-growth", 0, NULL, "nothing grows to the end: leaks, caches without a limit"},
	{"fail-on", 0, "KINDS", "no finding of these kinds: leak,pool,slab,..."},
	{"suppressions", 0, "FILE",
         "places that may keep memory at the end; LeakSanitizer's or valgrind's syntax"},
	{"baseline", 0, "FILE", "nothing is above the numbers in this file"},
	{"tolerance", 0, "PERCENT", "by more than this (0)"},
	{"update-baseline", 0, NULL, "write the file instead"},
	{"config", 0, "FILE", "options from the table [check] of a TOML file"},
	{"json", 0, "FILE", "write the checks as JSON"},
	{"junit", 0, "FILE", "write them as JUnit's XML"},
	{"sarif", 0, "FILE", "write them as SARIF"},
	{"github", 0, NULL, "print annotations for GitHub's workflows"},
	DEBUGINFOD_ROW,
	{0},
};

/* ---- options ---- */

static int take_kinds(struct check_command *c, const char *value)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);
	const char **names = mem_zalloc(n + 1, sizeof(*names));
	char *copy = mem_strdup(value), *save;
	int result = 0;

	for (uint32_t i = 0; i < n; i++)
		names[i] = list[i]->kind;
	for (char *word = strtok_r(copy, ",", &save); word && result == 0;
	     word = strtok_r(NULL, ",", &save)) {
		uint32_t i = 0;
		while (i < n && strcmp(names[i], word) != 0)
			i++;
		const char *nearest = i < n ? NULL : text_nearest(word, names);
		if (i == n)
			result = error("no kind '%s' of findings%s%s", word,
			               nearest ? "; the nearest is " : "", nearest ? nearest : "");
	}
	c->gate.fail_on = value;
	free(copy);
	free(names);
	return result;
}

static int take_tolerance(struct check_command *c, const char *value)
{
	double percent;
	if (take_percent("tolerance", value, &percent) < 0)
		return -1;
	c->gate.tolerance = percent / 100;
	return 0;
}

/* Options that name a file or are set. */
static bool take_simple(struct check_command *c, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **value;
		bool *set;
	} simple[] = {
		{"baseline", &c->baseline, NULL},
		{"json", &c->json, NULL},
		{"junit", &c->junit, NULL},
		{"sarif", &c->sarif, NULL},
		{"no-growth", NULL, &c->gate.no_growth},
		{"update-baseline", NULL, &c->update_baseline},
		{"github", NULL, &c->github},
	};

	for (unsigned i = 0; i < sizeof simple / sizeof *simple; i++) {
		if (strcmp(simple[i].name, name) != 0)
			continue;
		if (simple[i].value)
			*simple[i].value = value;
		else
			*simple[i].set = true;
		return true;
	}
	return false;
}

static int take_from_config(void *context, const char *name, const char *value);

static int check_take(void *context, const char *name, const char *value)
{
	struct check_command *c = context;

	if (take_simple(c, name, value))
		return 0;
	if (!strcmp(name, "max-leaked"))
		return gate_add_limit(&c->gate, "max-leaked", GATE_END, value);
	if (!strcmp(name, "max-peak"))
		return gate_add_limit(&c->gate, "max-peak", GATE_PEAK, value);
	if (!strcmp(name, "max-allocs"))
		return gate_add_limit(&c->gate, "max-allocs", GATE_ALLOCS, value);
	if (!strcmp(name, "max-bytes"))
		return gate_add_limit(&c->gate, "max-bytes", GATE_BYTES, value);
	if (!strcmp(name, "fail-on"))
		return take_kinds(c, value);
	if (!strcmp(name, "tolerance"))
		return take_tolerance(c, value);
	if (!strcmp(name, "suppressions"))
		return suppressions_read(&c->gate.suppressions, value);
	if (!strcmp(name, "config"))
		return config_read(value, "check", take_from_config, c);
	if (!strcmp(name, "debuginfod"))
		symbols_ask_server();
	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_check);
		c->help_shown = true;
		return -1;
	}

	return 0;
}

static int take_from_config(void *context, const char *name, const char *value)
{
	struct check_command *c = context;
	const struct option_row *row = rows;

	while (row->name && strcmp(row->name, name) != 0)
		row++;
	if (!row->name || !strcmp(name, "config"))
		return error("no option '%s' to be set in a file", name);
	if (!row->argument != !value)
		return error("'%s' %s", name,
		             value ? "takes no value: write true" : "needs a value");
	if (c->n_kept == sizeof c->kept / sizeof *c->kept)
		return error("more than %u options in a file", c->n_kept);
	if (value)
		value = c->kept[c->n_kept++] = mem_strdup(value);
	return check_take(c, name, value);
}

/* ---- traces ---- */

static bool needs_findings(const struct check_command *c)
{
	return c->gate.fail_on || c->gate.no_growth;
}

static int add_trace(struct check_command *c, const char *path)
{
	struct model *m = load_model(path, detect_parts(NULL));
	struct advice a;

	if (!m)
		return EXIT_FAILED;
	int code = advice_of(&a, m, needs_findings(c));
	gate_add(&c->gate, m, needs_findings(c) ? &a.findings : NULL);
	if (model_announced(m) && model_announced(m)->n_left_out)
		warning("'%s': %llu marks and regions were left out", path,
		        (unsigned long long)model_announced(m)->n_left_out);
	advice_release(&a);
	return code;
}

static int add_traces(struct check_command *c, char **paths)
{
	int code = EXIT_FINE;
	for (; *paths; paths++) {
		int one = add_trace(c, *paths);
		if (one == EXIT_FAILED)
			return EXIT_FAILED;
		code = one > code ? one : code;
	}
	return code;
}

/* ---- results ---- */

static int print_to(const struct gate *g, const char *path,
                    void (*print)(const struct gate *g, FILE *f))
{
	FILE *f = path ? output_open(path) : NULL;
	if (!f)
		return path ? -1 : 0;
	print(g, f);
	return output_close(f, path);
}

static int finish(struct check_command *c)
{
	struct gate *g = &c->gate;

	gate_check_limits(g);
	if (c->update_baseline) {
		if (gate_write_baseline(g, c->baseline) < 0)
			return EXIT_FAILED;
	} else if (c->baseline && gate_check_baseline(g, c->baseline) < 0) {
		return EXIT_FAILED;
	}

	gate_print_text(g, stdout);
	if (c->github)
		gate_print_github(g, stdout);
	if (print_to(g, c->json, gate_print_json) < 0 ||
	    print_to(g, c->junit, gate_print_junit) < 0 ||
	    print_to(g, c->sarif, gate_print_sarif) < 0)
		return EXIT_FAILED;
	return gate_failures(g) ? EXIT_EXCEEDED : EXIT_FINE;
}

static bool may_check(const struct check_command *c, int n_traces)
{
	const struct gate *g = &c->gate;

	if (!n_traces)
		return error("no trace given; see 'pooltrace help check'") == 0;
	if (c->update_baseline && !c->baseline)
		return error("--update-baseline needs --baseline FILE") == 0;
	if (!g->n_limits && !g->fail_on && !g->no_growth && !c->baseline)
		return error("no limit given; see 'pooltrace help check'") == 0;
	return true;
}

static int check_run(int argc, char **argv)
{
	struct check_command c = {0};
	int first = options_parse(argc, argv, rows, false, check_take, &c), code = EXIT_USAGE;

	if (first < 0) {
		code = usage_exit(c.help_shown);
	} else if (may_check(&c, argc - first)) {
		code = add_traces(&c, argv + first);
		int result = code == EXIT_FAILED ? code : finish(&c);
		code = result ? result : code;
	}
	gate_release(&c.gate);
	for (unsigned i = 0; i < c.n_kept; i++)
		free(c.kept[i]);
	return code;
}

const struct command cmd_check = {
	.name = "check",
	.arguments = "[LIMITS] TRACE...",
	.summary = "fail when a program allocates more than it may",
	.text = "FUNCTION is [FILE:]NAME with *; what its callees allocate counts. region:NAME is "
		"a "
		"region\nthat the program announced through pooltrace.h, such as a test.\n"
		"Of several traces allocations, bytes and what is live at the end add up; the peak "
		"is that of\nthe process with the largest.\n"
		"Exit code 3: a limit was passed.",
	.options = rows,
	.run = check_run,
};
