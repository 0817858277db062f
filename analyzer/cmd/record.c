/*
 * `pooltrace record`: runs a program with the library preloaded.
 *
 * All that the user would do by hand, in order: find program and library, say why it cannot work when
 * it cannot, run once untraced if asked, run traced, add what the runs cost to the trace, say where it
 * is.  The exit code is the program's own.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/launch.h"
#include "cmd/obstacle.h"
#include "find_preload.h"
#include "record_summary.h"
#include "trace/append.h"
#include "util/mem.h"
#include "util/text.h"

#define DEFAULT_PATTERN "pooltrace.%e.%p.trace"

struct record {
	const char *output; /* -o */
	const char *stacks;
	bool baseline, force, quiet, help_shown;
	char *pattern; /* absolute; %e %p %n are left to the library */
	char *library;
	char *program;
	uint64_t start_real_ns;
	struct trace_cost untraced;
};

static const struct option_row rows[] = {
	{"output", 'o', "FILE",
         "where to write; %e program, %p pid, %t start time, %h host, %n counter"},
	{"baseline", 'b', NULL,
         "first run it once without tracing, so that gains can be given in % of CPU"},
	{"force", 'f', NULL, "overwrite an existing trace"},
	{"quiet", 'q', NULL, "do not read the trace at the end: name it only"},
	{"stacks", 0, "KIND", "of Python programs: mixed, merged, python, native"},
	{0},
};

static int record_take(void *context, const char *name, const char *value)
{
	struct record *r = context;
	if (!strcmp(name, "output"))
		r->output = value;
	else if (!strcmp(name, "baseline"))
		r->baseline = true;
	else if (!strcmp(name, "force"))
		r->force = true;
	else if (!strcmp(name, "quiet"))
		r->quiet = true;
	else if (!strcmp(name, "stacks")) {
		r->stacks = value;
		if (strcmp(value, "mixed") && strcmp(value, "merged") && strcmp(value, "python") &&
		    strcmp(value, "native"))
			return error("'--stacks' is mixed, merged, python or native, not '%s'",
			             value);
	} else {
		command_help(stdout, &cmd_record);
		r->help_shown = true;
		return -1;
	}

	return 0;
}

/* ---- names of traces ---- */

static uint64_t real_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Puts `value` in place of %letter. */
static char *expand(char *pattern, char letter, const char *value)
{
	char *out = mem_alloc(strlen(pattern) * (strlen(value) + 1) + 1), *to = out;

	for (const char *p = pattern; *p;) {
		if (p[0] == '%' && p[1] == letter) {
			to = stpcpy(to, value);
			p += 2;
		} else if (p[0] == '%' && p[1]) {
			*to++ = *p++;
			*to++ = *p++;
		} else {
			*to++ = *p++;
		}
	}

	*to = 0;
	free(pattern);
	return out;
}

/* Start time and host are the same for all processes of the run, so that they share a name. */
static char *make_pattern(const struct record *r)
{
	const char *given = r->output ? r->output : getenv("POOLTRACE_OUT");
	char cwd[PATH_MAX], host[256] = "", seconds[24];
	if (!given || !*given)
		given = DEFAULT_PATTERN;
	char *pattern = *given == '/' || !getcwd(cwd, sizeof cwd) ? mem_strdup(given)
	                                                          : mem_printf("%s/%s", cwd, given);
	gethostname(host, sizeof host - 1);
	snprintf(seconds, sizeof seconds, "%llu",
	         (unsigned long long)(r->start_real_ns / 1000000000));
	return expand(expand(pattern, 'h', host), 't', seconds);
}

static bool is_plain(const char *pattern)
{
	return !strchr(pattern, '%');
}

/* An existing file is only in the way when the name is fixed. */
static int make_way(const struct record *r)
{
	struct stat st;
	char *dir = mem_strdup(r->pattern);
	char *slash = strrchr(dir, '/');

	slash[slash == dir] = 0;
	int result = 0;
	if (access(dir, W_OK | X_OK) < 0)
		result = error_errno("cannot write in '%s'", dir);
	free(dir);
	if (result < 0 || !is_plain(r->pattern) || lstat(r->pattern, &st) < 0)
		return result;
	if (!S_ISREG(st.st_mode))
		return error("'%s' is in the way: it is not a regular file", r->pattern);
	if (!r->force)
		return error("'%s' exists; --force overwrites it", r->pattern);
	return unlink(r->pattern) < 0 ? error_errno("cannot remove '%s'", r->pattern) : 0;
}

/* The pattern with * where the library fills in, and where it tells a name apart that was taken. */
static char *make_glob(const char *pattern)
{
	char *out = mem_alloc(strlen(pattern) * 2 + 3), *to = out;

	for (const char *p = pattern; *p; p++) {
		if (!strcmp(p, ".trace"))
			*to++ = '*';
		if (*p == '%' && p[1]) {
			*to++ = '*';
			p++;
		} else {
			if (strchr("*?[\\", *p))
				*to++ = '\\';
			*to++ = *p;
		}
	}

	*to++ = '*';
	*to = 0;
	return out;
}

/* The program's own trace: its pid, of this run, before it became another program; to be freed.
 * *biggest: the trace of the run with most bytes, to be freed; *n_others: how many the run has besides. */
static char *find_trace(const struct record *r, pid_t pid, char **biggest, uint32_t *n_others)
{
	struct trace_identity id;
	struct stat st;
	char *wanted = make_glob(r->pattern), *found = NULL;
	uint32_t least = UINT32_MAX, n = 0;

	blkcnt_t most = -1;
	glob_t g = {0};
	*biggest = NULL;
	glob(wanted, 0, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *path = g.gl_pathv[i];
		if (!trace_identify(path, &id) || id.start_real_ns < r->start_real_ns)
			continue;
		n++;
		if (id.pid == (uint32_t)pid && id.exec_count < least) {
			least = id.exec_count;
			free(found);
			found = mem_strdup(path);
		}
		if (stat(path, &st) == 0 && st.st_blocks > most) {
			most = st.st_blocks;
			free(*biggest);
			*biggest = mem_strdup(path);
		}
	}

	*n_others = n ? n - 1 : 0;
	globfree(&g);
	free(wanted);
	return found;
}

/* ---- runs ---- */

static int cannot_start(const struct launch *l)
{
	errno = l->exec_errno;
	error_errno("cannot run '%s'", l->path);
	return l->exec_errno == ENOENT ? 127 : 126;
}

/* What is read from a pipe in one run is missing in the next.  A terminal is asked again. */
static bool input_is_used_up(void)
{
	struct stat st;
	return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

static bool baseline_is_possible(void)
{
	if (!input_is_used_up())
		return true;
	fputs("pooltrace: standard input is a pipe, which cannot be read twice: recording without "
	      "a baseline (redirect it from a file or from /dev/null for one)\n",
	      stderr);
	return false;
}

/* A file on standard input is read from the same place again afterwards. */
static int run_untraced(struct record *r, char **argv)
{
	struct launch l = {.path = r->program, .argv = argv};
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	if (launch_run(&l) < 0)
		return EXIT_FAILED;
	if (l.exec_errno)
		return cannot_start(&l);
	r->untraced = l.cost;
	if (at >= 0)
		lseek(STDIN_FILENO, at, SEEK_SET);
	return 0;
}

static int run_traced(struct record *r, char **argv)
{
	char *preload = find_preload_setting(r->library);
	char *out = mem_printf("POOLTRACE_OUT=%s", r->pattern);
	char *stacks = r->stacks ? mem_printf("POOLTRACE_STACKS=%s", r->stacks) : NULL;
	const char *set[] = {preload, out, stacks, NULL};
	struct launch l = {.path = r->program, .argv = argv, .set = set};
	uint32_t n_others;
	char *biggest = NULL;
	int code;

	if (launch_run(&l) < 0) {
		code = EXIT_FAILED;
	} else if (l.exec_errno) {
		code = cannot_start(&l);
	} else {
		char *trace = find_trace(r, l.pid, &biggest, &n_others);
		code = launch_exit_code(l.cost.wait_status);
		if (!trace) {
			error("no trace of '%s' was written", r->program);
		} else {
			trace_append_run(trace, &l.cost, r->baseline ? &r->untraced : NULL);
			record_summary(biggest ? biggest : trace, n_others, r->quiet);
			free(trace);
		}
	}

	free(biggest);
	free(preload);
	free(out);
	free(stacks);
	return code;
}

/* Everything that can be said before the program has run. */
static int record_prepare(struct record *r, const char *name)
{
	r->program = launch_find(name);
	if (!r->program) {
		int code = errno == ENOENT || errno == ENOTDIR ? 127 : 126;
		error_errno("cannot run '%s'", name);
		return code;
	}

	char *why = obstacle_of(r->program);
	if (why) {
		error("cannot record '%s': %s", r->program, why);
		free(why);
		return EXIT_FAILED;
	}

	r->library = find_preload_usable(PRELOAD_RECORDS);
	r->start_real_ns = real_ns();
	r->pattern = make_pattern(r);
	return !r->library || make_way(r) < 0 ? EXIT_FAILED : 0;
}

static int record_run(int argc, char **argv)
{
	struct record r = {0};
	int first = options_parse(argc, argv, rows, true, record_take, &r);

	if (first < 0)
		return usage_exit(r.help_shown);
	if (first == argc) {
		error("record which program? 'pooltrace help record' tells more");
		return EXIT_USAGE;
	}

	int code = record_prepare(&r, argv[first]);
	r.baseline = !code && r.baseline && baseline_is_possible();
	if (r.baseline)
		code = run_untraced(&r, argv + first);
	if (!code)
		code = run_traced(&r, argv + first);
	free(r.pattern);
	free(r.library);
	free(r.program);
	return code;
}

const struct command cmd_record = {
	.name = "record",
	.arguments = "[OPTIONS] [--] PROGRAM [ARGS...]",
	.summary = "run a program and record every allocation",
	.text = "Writes one trace for each process, by default " DEFAULT_PATTERN
		" in the current directory.\n"
		"The exit code is the program's own: 128+n when signal n killed it, 126 and 127 "
		"when it\n"
		"could not be started.",
	.options = rows,
	.run = record_run,
};
