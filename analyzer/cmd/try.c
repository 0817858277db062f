/*
 * `pooltrace try TRACE -- COMMAND`: runs the command as it is and with findings enacted, in turn, compares what
 * it did, and prints what was gained.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/find_preload.h"
#include "cmd/load_findings.h"
#include "cmd/obstacle.h"
#include "cmd/try_rounds.h"
#include "detect/plan.h"
#include "trial/choice.h"
#include "trial/plan_file.h"
#include "util/mem.h"
#include "util/text.h"

struct try_command {
	const char **ids;
	uint32_t n_ids, ids_room;
	struct try_rules rules;
	const char *drive;
	bool help_shown;
};

static const struct option_row rows[] = {
	{"finding", 0, "ID", "try this finding of the trace, may be given again (all wins)"},
	{"runs", 0, "N", "at most so many runs of each arm (40)"},
	{"budget", 0, "S", "no new round after so many seconds, when there were five (60)"},
	{"ignore-output", 0, NULL, "the program may print something else in each run"},
	{"until-exit", 0, NULL,
         "each run ends when somebody ends the program: how it ends and what it prints is not "
         "compared"},
	{"drive", 0, "CMD",
         "while the program runs, run this shell command, then end the program with SIGTERM"},
	{0},
};

static int try_take(void *context, const char *name, const char *value)
{
	struct try_command *c = context;
	long n = 0;

	if (!strcmp(name, "finding"))
		*MEM_PUSH(c->ids, c->n_ids, c->ids_room) = value;
	else if (!strcmp(name, "runs"))
		c->rules.most_rounds = (uint32_t)(n = options_number(name, value, 1));
	else if (!strcmp(name, "budget"))
		c->rules.budget_s = (double)(n = options_number(name, value, 1));
	else if (!strcmp(name, "ignore-output"))
		c->rules.ignore_output = true;
	else if (!strcmp(name, "until-exit"))
		c->rules.until_exit = true;
	else if (!strcmp(name, "drive"))
		c->drive = value;
	else {
		command_help(stdout, &cmd_try);
		c->help_shown = true;
		return -1;
	}
	return n < 0 ? -1 : 0;
}

/* ---- which findings ---- */

/* Those that were asked for; -1 after error(). */
static int choose_named(const struct try_command *c, struct advice *a, struct try_trial *t)
{
	for (uint32_t i = 0; i < c->n_ids; i++) {
		struct finding *x = advice_find(a, c->ids[i]);
		char *why = x ? enact_why_not(a->model, x) : NULL;
		if (why)
			error("finding %s (%s) cannot be tried: %s", x->key, x->kind, why);
		free(why);
		if (!x || why || t->n == PLAN_FINDINGS_MAX)
			return -1;
		t->finding[t->n++] = x;
	}
	return 0;
}

static int choose_findings(const struct try_command *c, struct advice *a, struct try_trial *t)
{
	if (c->n_ids)
		return choose_named(c, a, t);
	t->n = choice_of_trial(a->model, &a->findings, t->finding, stderr);
	return t->n ? 0 : error("'%s' has no finding that can be tried", a->model->trace->path);
}

/* ---- what a trial needs ---- */

/* Standard input for all runs: a file as it is, a pipe's bytes in a file, nothing of a terminal. */
static int input_of_runs(const char *directory)
{
	struct stat st;
	char bytes[65536];
	ssize_t n;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	while (fd >= 0 && (n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
		if (write(fd, bytes, (size_t)n) != n) {
			close(fd);
			fd = -1;
		}
	return fd;
}

static void take_tunables(struct try_trial *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->finding[i]->plan && t->finding[i]->plan->tunables)
			t->program.tunables[i + 1] = t->program.tunables[ARM_ALL] =
				t->finding[i]->plan->tunables;
}

/* In the directory `base`; 0, or an exit code after error(). */
static int try_in(const char *base, const struct try_command *c, struct advice *a,
                  struct try_trial *t, char **argv)
{
	char *plan = mem_printf("%s/plan", base), *results = mem_printf("%s/results", base);
	char *path = launch_find(argv[0]), *library = find_preload_usable(PRELOAD_ENACTS);
	int code = EXIT_FAILED;

	t->program = (struct try_program){.path = path,
	                                  .argv = argv,
	                                  .library = library,
	                                  .directory = results,
	                                  .plan_path = plan,
	                                  .drive = c->drive};
	take_tunables(t);
	char *why = path ? obstacle_of(path) : NULL;
	if (!path)
		error_errno("cannot run '%s'", argv[0]);
	else if (why)
		error("cannot run '%s' with a library: %s", path, why);
	else if (mkdir(results, 0700) < 0 || (t->program.in = input_of_runs(results)) < 0)
		error_errno("cannot write in '%s'", results);
	else if (library && plan_file_save(plan, a->model, t->finding, t->n) == 0)
		code = try_rounds(t, &c->rules, a->model);

	unlink(plan);
	rmdir(results);
	free(why);
	free(plan);
	free(results);
	free(path);
	free(library);
	return code;
}

static int try_trace(const struct try_command *c, struct advice *a, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	char *base = mem_printf("%s/pooltrace-try.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	struct try_trial t = {0};
	int code = EXIT_FAILED;

	if (choose_findings(c, a, &t) < 0) {
		free(base);
		return EXIT_FAILED;
	}
	if (!mkdtemp(base)) {
		error_errno("cannot make a directory '%s'", base);
	} else {
		code = try_in(base, c, a, &t, argv);
		rmdir(base);
	}
	free(base);
	return code;
}

static int try_run_command(int argc, char **argv)
{
	struct try_command c = {.rules = {.most_rounds = 40, .budget_s = 60}};
	struct advice a;
	int first = options_parse(argc, argv, rows, true, try_take, &c), code;

	if (first < 0)
		return usage_exit(c.help_shown);
	int command = first + 1;
	if (command < argc && !strcmp(argv[command], "--"))
		command++;
	if (command >= argc) {
		error("no trace or no command given; see 'pooltrace help try'");
		return EXIT_USAGE;
	}

	code = advice_load(&a, argv[first], 0);
	if (code != EXIT_FAILED) {
		int tried = try_trace(&c, &a, argv + command);
		code = tried ? tried : code;
	}
	advice_release(&a);
	free(c.ids);
	return code;
}

const struct command cmd_try = {
	.name = "try",
	.arguments = "[OPTIONS] TRACE -- COMMAND [ARGS...]",
	.summary = "enact findings in the program without a change in its source, and measure it",
	.text = "Runs COMMAND as it is, with a library that looks its allocations up, and with one "
		"that serves\n"
		"those of a finding as the finding advises, in turn. Prints what is saved with a "
		"95 % interval\n"
		"and keeps it beside the trace for `pooltrace report`.\n"
		"Exit code 3: an enacted run did something else, or what was promised is refuted.",
	.options = rows,
	.run = try_run_command,
};
