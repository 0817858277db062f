/* `pooltrace report`: traces -> models -> findings -> a report. */
#include "load_findings.h"
#include "process_tree.h"
#include "report/programs.h"

#include <langinfo.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "simulate/all_clear.h"
#include "simulate/replay.h"
#include "trial/choice.h"
#include "trial/outcome.h"
#include "trial/plan_file.h"
#include "util/mem.h"
#include "util/progress.h"
#include "util/text.h"

#define WIDTH_LEAST 60u
#define WIDTH_MOST 200u

struct report_command {
	const struct report_format *format;
	struct report_options options;
	const char *kinds, *allocator;
	double cpu_ms;
	struct cost_table costs;
	bool has_costs;   /* from a file of the user's */
	uint64_t max_ops; /* to replay; 0: default */
	const char **set; /* NAME=VALUE */
	uint32_t n_set, set_room;
	bool alone; /* no child processes */
	bool root_is_second;
	const char *at;        /* moment, NULL the end */
	const char *from, *to; /* moments, NULL the start and the end */
	const char *plan;      /* file to write, NULL none */
	bool help_shown, list_thresholds, no_replay, measure_again;
};

static const struct option_row rows[] = {
	{"format", 'f', "text|json|html", "how to print (text)"},
	{"output", 'o', "FILE", "write the report there"},
	{"schema", 0, "1|2", "layout of the JSON (2); docs/report-json.md has both"},
	{"confidential", 0, NULL,
         "leave arguments, directories, host and source lines out of JSON and HTML"},
	{"top", 'n', "N", "rows of each list (text: 10, json: 1000)"},
	{"by", 0, "WHAT", "add up by place, function, line, file, module, class or thread (place)"},
	{"sort", 0, "WHAT", "peak, end, bytes, allocs, temporary or life (peak)"},
	{"temporary", 0, NULL,
         "what was freed before its thread allocated again: --sort temporary"},
	{"filter", 0, "REGEX", "places that match only"},
	{"tree", 0, NULL, "call stacks from the roots instead of the list of places"},
	{"callers", 0, NULL, "the biggest places and who leads to them"},
	{"finding", 0, "ID", "one finding with all evidence and its sketch"},
	{"all", 0, NULL, "every place, every finding in full"},
	{"explain", 0, "CLASS", "say of one Python class why it is advised or not"},
	{"cpu-ms", 0, "MS",
         "CPU time of the program without tracing (else from record --baseline)"},
	{"cost-table", 0, "FILE", "prices of allocator calls, in place of those of this machine"},
	{"alone", 0, NULL, "leave out the traces of child processes beside this one"},
	{"at", 0, "TIME|PEAK", "as of a moment: 12.5s after the start, or the peak of live bytes"},
	{"between", 0, "MARK MARK",
         "what was allocated between two marks of the program: --from MARK --to MARK"},
	{"from", 0, "MOMENT",
         "from a time, a mark, or a region's begin; NAME#3: the third of that name"},
	{"to", 0, "MOMENT", "to a time, a mark, or a region's end, NAME:end"},
	{"per-process", 0, NULL, "a row for each process, the one that was started first"},
	{"only", 0, "KINDS", "run these detectors only, e.g. leak,slab"},
	{"set", 0, "NAME=VALUE", "change a threshold of a detector"},
	{"thresholds", 0, NULL, "list all thresholds with their values"},
	{"replay-ops", 0, "N", "replay at most so many operations, in windows (4194304)"},
	{"allocator", 0, "LIB",
         "replay on this allocator, e.g. libjemalloc.so.2 (the recorded one)"},
	{"no-replay", 0, NULL, "model the gains only, do not replay the trace"},
	{"sysroot", 0, "DIR",
         "look for programs and libraries below this directory first, as in a container's image"},
	{"debug-path", 0, "DIR",
         "look there for debug files by build id: DIR/.build-id/ab/cdef.debug"},
	DEBUGINFOD_ROW,
	{"measure-again", 0, NULL,
         "replay again what was measured before and is kept beside the trace"},
	{"plan", 0, "FILE", "also write the plan that `pooltrace try` would enact"},
	{"skip-frames", 0, "NAMES",
         "more allocation wrappers that sites are not named after, e.g. xalloc,my_*"},
	{0},
};

static int take_format(struct report_command *c, const char *value)
{
	c->format = report_format_find(value);
	return c->format ? 0 : error("no format '%s'; there are text, json and html", value);
}

static int take_top(struct report_command *c, const char *value)
{
	long n = options_number("top", value, 1);
	if (n < 0)
		return -1;
	c->options.top = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	return 0;
}

static int take_output(struct report_command *c, const char *value)
{
	if (c->options.out != stdout)
		fclose(c->options.out);
	c->options.out = fopen(value, "we");
	if (c->options.out)
		return 0;
	c->options.out = stdout;
	return error_errno("cannot write '%s'", value);
}

/* The number of a word in a list that NULL ends; -1 after error(). */
static int take_word(const char *option, const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], value))
			return i;
	const char *nearest = text_nearest(value, words);
	return error("'--%s' has no '%s'%s%s", option, value, nearest ? "; the nearest is " : "",
	             nearest ? nearest : "");
}

static int take_order(struct report_command *c, const char *value)
{
	static const char *const words[] = {"peak",      "end",  "bytes", "allocs",
	                                    "temporary", "life", NULL};
	int n = take_word("sort", value, words);
	c->options.order = n < 0 ? BY_PEAK : (enum place_order)n;
	return n < 0 ? -1 : 0;
}

static int take_group(struct report_command *c, const char *value)
{
	static const char *const words[] = {"place",  "function", "line",   "file",
	                                    "module", "class",    "thread", NULL};
	int n = take_word("by", value, words);
	c->options.group = n < 0 ? GROUP_PLACE : (enum place_group)n;
	return n < 0 ? -1 : 0;
}

static int take_filter(struct report_command *c, const char *value)
{
	regex_t r;
	int wrong = regcomp(&r, value, REG_EXTENDED | REG_NOSUB);
	if (wrong)
		return error("'--filter' cannot read '%s' as a regular expression", value);
	regfree(&r);
	c->options.filter = value;
	return 0;
}

static int take_schema(struct report_command *c, const char *value)
{
	if (strcmp(value, "1") && strcmp(value, "2"))
		return error("no schema '%s'; there are 1 and 2", value);
	c->options.schema = (unsigned)(*value - '0');
	return 0;
}

/* Options that only set a flag, or keep their text; false: it is none of these. */
static bool take_simple(struct report_command *c, const char *name, const char *value)
{
	const struct {
		const char *name;
		bool *flag;        /* NULL = it keeps its text */
		const char **text; /* NULL = it sets a flag */
	} simple[] = {
		{"alone", &c->alone, NULL},
		{"tree", &c->options.tree, NULL},
		{"callers", &c->options.callers, NULL},
		{"all", &c->options.all, NULL},
		{"confidential", &c->options.confidential, NULL},
		{"per-process", &c->options.per_process, NULL},
		{"thresholds", &c->list_thresholds, NULL},
		{"no-replay", &c->no_replay, NULL},
		{"measure-again", &c->measure_again, NULL},
		{"explain", NULL, &c->options.explain},
		{"finding", NULL, &c->options.finding},
		{"at", NULL, &c->at},
		{"plan", NULL, &c->plan},
		{"from", NULL, &c->from},
		{"to", NULL, &c->to},
		{"only", NULL, &c->kinds},
	};

	for (unsigned i = 0; i < sizeof simple / sizeof *simple; i++) {
		if (strcmp(simple[i].name, name) != 0)
			continue;
		if (simple[i].flag)
			*simple[i].flag = true;
		else
			*simple[i].text = value;
		return true;
	}
	return false;
}

static int report_take(void *context, const char *name, const char *value)
{
	struct report_command *c = context;

	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_report);
		c->help_shown = true;
		return -1;
	}

	if (take_simple(c, name, value))
		return 0;
	if (!strcmp(name, "format"))
		return take_format(c, value);
	if (!strcmp(name, "top"))
		return take_top(c, value);
	if (!strcmp(name, "output"))
		return take_output(c, value);
	if (!strcmp(name, "schema"))
		return take_schema(c, value);
	if (!strcmp(name, "by"))
		return take_group(c, value);
	if (!strcmp(name, "sort") || !strcmp(name, "temporary"))
		return take_order(c, value ? value : "temporary");
	if (!strcmp(name, "filter"))
		return take_filter(c, value);
	if (!strcmp(name, "cpu-ms"))
		return take_cpu_ms(value, &c->cpu_ms);
	if (!strcmp(name, "cost-table"))
		return cost_table_read(&c->costs, value) < 0 ? -1 : (c->has_costs = true, 0);
	if (!strcmp(name, "replay-ops"))
		return take_replay_ops(value, &c->max_ops);
	if (!strcmp(name, "between"))
		return error("'--between' needs two marks: --between FROM TO");
	if (!strcmp(name, "allocator"))
		return replay_allocator_check(c->allocator = value);
	if (!strcmp(name, "set"))
		*MEM_PUSH(c->set, c->n_set, c->set_room) = value;
	else if (!strcmp(name, "sysroot"))
		symbols_set_sysroot(value);
	else if (!strcmp(name, "debug-path"))
		symbols_set_debug_path(value);
	else if (!strcmp(name, "debuginfod"))
		symbols_ask_server();
	else if (!strcmp(name, "skip-frames"))
		wrappers_add(value);

	return 0;
}

static void print_thresholds(void)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);
	for (uint32_t i = 0; i < n; i++) {
		printf("%s: %s\n", list[i]->kind, list[i]->help);
		for (const struct detector_option *o = list[i]->options; o && o->name; o++)
			printf("  %-36s %-10g %s\n", o->name, o->value, o->help);
	}
}

/* Modelled gains become replayed ones; what does not hold up is gone.  Numbers stay as the detectors
 * ranked them, so that other commands know the findings by them. */
static void report_predict(const struct report_command *c, struct detect *d, struct report_run *run,
                           bool replay)
{
	const struct replay_setting setting = {.max_ops = c->max_ops,
	                                       .allocator = c->allocator,
	                                       .kinds = c->kinds,
	                                       .measure_again = c->measure_again};
	const struct calls_summary modelled = {.cost_ms = -1};

	if (!replay || c->no_replay) {
		replay_leave_modelled(&run->findings);
		if (!c->kinds) /* who asked for a few detectors has not looked everywhere */
			all_clear_say(run->model, d, &run->findings, &modelled);
	} else {
		replay_findings(run->model, d, &run->findings, &setting);
	}
	outcomes_apply(run->model, &run->findings);
}

/* A class that the trace does not have is most likely misspelt. */
static void check_explain(const struct model *m, const struct detect *d, const char *explain)
{
	const char **names = mem_zalloc(m->n_classes + 1, sizeof(*names));
	bool found = false;

	for (uint32_t i = 0; i < m->n_classes; i++) {
		names[i] = m->classes[i].name;
		found = found || detect_explains(d, &m->classes[i]);
	}

	const char *nearest = found ? NULL : text_nearest(explain, names);
	if (nearest)
		warning("no class '%s' in '%s'; the nearest is '%s'", explain, m->trace->path,
		        nearest);
	else if (!found)
		warning("no class '%s' in '%s'", explain, m->trace->path);

	free(names);
}

/* What detectors say of half the events would be wrong: after Ctrl-C there are no findings. */
static int find_uninterrupted(const struct report_command *c, struct detect *d,
                              struct report_run *run, bool replay)
{
	int result = detect_run(d, c->kinds, &run->findings);

	if (progress_interrupted()) {
		findings_release(&run->findings);
		run->findings = (struct findings){0};
	} else if (result == 0) {
		report_predict(c, d, run, replay);
	}
	return result;
}

static int report_find(const struct report_command *c, struct report_run *run, bool replay)
{
	struct detect *d = detect_new(run->model, &c->costs);
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < c->n_set; i++)
		result = detect_set(d, c->set[i]);
	if (c->options.explain) {
		detect_explain(d, c->options.explain);
		check_explain(run->model, d, c->options.explain);
	}

	if (result == 0 && !progress_interrupted())
		result = find_uninterrupted(c, d, run, replay);
	if (progress_interrupted() && !run->findings.nothing && !run->findings.n)
		run->findings.nothing = mem_strdup("Not looked for: Ctrl-C ended the reading");
	detect_free(d);
	return result == 0 ? EXIT_FINE : EXIT_USAGE;
}

static int report_write_plan(const struct report_command *c, const struct report_run *run)
{
	struct finding *list[PLAN_FINDINGS_MAX];
	uint32_t n = choice_of_trial(run->model, &run->findings, list, NULL);
	return plan_file_save(c->plan, run->model, list, n);
}

/* One trace; its exit code. */
static int load_run(const struct report_command *c, const char *path, struct report_run *run,
                    bool replay)
{
	unsigned parts = c->format->details ? MODEL_ALL : detect_parts(c->kinds);

	run->model = c->at              ? load_model_at(path, c->at, parts)
	             : c->from || c->to ? load_model_between(path, c->from, c->to, parts)
	                                : load_model(path, parts);
	if (!run->model)
		return EXIT_FAILED;
	if (c->cpu_ms > 0)
		model_set_untraced_cpu_ns(run->model, (uint64_t)(c->cpu_ms * 1e6));
	int code = report_find(c, run, replay);
	if (!code && c->plan && replay && report_write_plan(c, run) < 0)
		code = EXIT_FAILED;
	return code ? code : load_exit_code(run->model);
}

static int worse(int a, int b)
{
	return a == EXIT_FAILED || b == EXIT_FAILED ? EXIT_FAILED : a > b ? a : b;
}

/* The traces in the order of the report; the first is printed in full. */
static struct trace_choice *choose(struct report_command *c, char **paths, uint32_t n_given,
                                   uint32_t n)
{
	struct trace_choice *list = process_tree_order(paths, n_given, n);
	bool is_tree = n_given == 1 && !c->options.per_process;
	uint32_t heaviest = is_tree ? process_tree_heaviest(list, n) : 0;
	struct trace_choice first = list[heaviest];

	memmove(list + 1, list, heaviest * sizeof *list);
	list[0] = first;
	list[0].is_given = list[0].is_given || heaviest;
	c->root_is_second = heaviest != 0;
	return list;
}

/* Counts a process for the lists of all; of one that is not printed in full no more is kept. */
static void add_run(struct report_command *c, struct programs *all, struct report_run *run,
                    bool is_first)
{
	programs_add(all, run);
	if (!is_first && c->format->is_brief)
		model_shrink(run->model);
}

/* The first n_given of the traces were asked for; the others belong to them and are not replayed. */
static int report_traces(struct report_command *c, char **paths, uint32_t n_given, uint32_t n)
{
	struct report_run *runs = mem_zalloc(n, sizeof *runs);
	struct trace_choice *list = choose(c, paths, n_given, n);
	struct programs *all = n > REPORT_FULL_RUNS ? programs_new() : NULL;
	int worst = EXIT_FINE;
	uint32_t loaded = 0;

	for (uint32_t i = 0; i < n && worst != EXIT_USAGE && !progress_interrupted(); i++) {
		struct report_run *run = &runs[loaded];
		worst = worse(worst, load_run(c, list[i].path, run, list[i].is_given));
		if (!run->model)
			continue;
		if (all)
			add_run(c, all, run, loaded == 0);
		loaded++;
	}
	if (progress_interrupted())
		warning("ended with Ctrl-C: %u of %u traces were opened", loaded, n);
	c->options.programs = all;
	if (c->root_is_second && loaded > 1)
		c->options.asked_for = runs[1].model->process;
	if (loaded && worst != EXIT_USAGE)
		c->format->print(runs, loaded, &c->options);

	for (uint32_t i = 0; i < loaded; i++) {
		findings_release(&runs[i].findings);
		model_free(runs[i].model);
	}
	programs_free(all);
	free(list);
	free(runs);
	return worst;
}

/* One trace stands for its tree of processes. */
static int report_given(struct report_command *c, char **given, uint32_t n_given)
{
	uint32_t n = n_given;
	if (!c->has_costs)
		calibrate_load(&c->costs);

	char **paths = mem_alloc(n * sizeof(*paths));
	memcpy(paths, given, n * sizeof(*paths));
	if (n == 1 && !c->alone)
		paths = process_tree_find(paths, &n);

	int code = report_traces(c, paths, n_given, n);
	for (uint32_t i = n_given; i < n; i++)
		free(paths[i]);
	free(paths);
	return code;
}

/* Colour, width and characters of where the text goes. */
static void look_at_output(struct report_options *o)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM"),
		   *columns = getenv("COLUMNS");
	struct winsize size = {0};
	bool terminal = isatty(STDOUT_FILENO);
	long width = columns ? strtol(columns, NULL, 10) : 0;

	setlocale(LC_CTYPE, "");
	o->unicode = !strcmp(nl_langinfo(CODESET), "UTF-8");
	o->color = terminal && !(no_color && *no_color) && term && strcmp(term, "dumb");
	if (width <= 0 && terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	o->width = width <= 0            ? 0
	           : width < WIDTH_LEAST ? WIDTH_LEAST
	           : width > WIDTH_MOST  ? WIDTH_MOST
	                                 : (uint32_t)width;
}

/* "--between A B" becomes "--from A --to B": options take one value.  To be freed. */
static char **split_between(int *argc, char **argv)
{
	char **out = mem_zalloc((size_t)*argc + 2, sizeof *out);
	int n = 0;

	for (int i = 0; i < *argc; i++) {
		bool is_between = n <= i && !strcmp(argv[i], "--between") && i + 2 < *argc;
		out[n++] = is_between ? "--from" : argv[i];
		if (!is_between)
			continue;
		out[n++] = argv[++i];
		out[n++] = "--to";
	}
	*argc = n;
	return out;
}

static int report_run(int argc, char **argv)
{
	struct report_command c = {.format = &report_text, .options = {.out = stdout, .schema = 2}};
	int code;

	look_at_output(&c.options);
	argv = split_between(&argc, argv);
	int first = options_parse(argc, argv, rows, false, report_take, &c);
	if (first < 0) {
		code = usage_exit(c.help_shown);
	} else if (c.list_thresholds) {
		print_thresholds();
		code = EXIT_FINE;
	} else if (first == argc) {
		error("no trace given; see 'pooltrace help report'");
		code = EXIT_USAGE;
	} else if (c.options.confidential && c.options.schema == 1 && c.format == &report_json) {
		error("schema 1 has no '--confidential'; schema 2 has");
		code = EXIT_USAGE;
	} else {
		code = report_given(&c, argv + first, (uint32_t)(argc - first));
	}

	if (c.options.out != stdout && fclose(c.options.out) != 0) {
		error_errno("cannot write the report");
		code = EXIT_FAILED;
	}

	free(c.set);
	free(argv);
	return code;
}

const struct command cmd_report = {
	.name = "report",
	.arguments = "[OPTIONS] TRACE...",
	.summary = "say what to change in a program, and where its memory goes",
	.text = "With the trace of a process those of its children in the same directory are "
		"reported, each by\n"
		"itself and together; several traces may be given, too.\n"
		"Exit code 4: answered from a damaged trace.",
	.options = rows,
	.run = report_run,
};
