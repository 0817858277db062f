/* `pooltrace doctor`: what a recording of a program would show, and what it would lose, without running it. */
#include "cmd/cmd.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/launch.h"
#include "cmd/loaded.h"
#include "cmd/obstacle.h"
#include "find_preload.h"
#include "util/mem.h"
#include "util/text.h"

#define OLDEST_PYTHON 8 /* 3.x */
#define NEWEST_PYTHON 14
#define LEAST_SPACE (256u << 20)

struct doctor {
	const char *user;
	bool help_shown;
	unsigned n_obstacles, n_warnings;
};

static const struct option_row rows[] = {
	{"user", 'u', "NAME", "the user that the program will become: may it write the trace?"},
	{0},
};

static int doctor_take(void *context, const char *name, const char *value)
{
	struct doctor *d = context;
	if (!strcmp(name, "user")) {
		d->user = value;
		return 0;
	}
	command_help(stdout, &cmd_doctor);
	d->help_shown = true;
	return -1;
}

/* ---- lines ---- */

enum severity { FINE, WARNING, OBSTACLE };

__attribute__((format(printf, 3, 4))) static void say(struct doctor *d, enum severity severity,
                                                      const char *fmt, ...)
{
	static const char *const words[] = {"ok      ", "warning ", "OBSTACLE"};
	char line[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	d->n_obstacles += severity == OBSTACLE;
	d->n_warnings += severity == WARNING;
	printf("%s ", words[severity]);
	text_put(stdout, line);
	putchar('\n');
}

/* ---- the program ---- */

static void say_program(struct doctor *d, const char *path, const char *program)
{
	char *why = obstacle_of(path);

	if (why)
		say(d, OBSTACLE, "program: '%s' cannot be recorded: %s", path, why);
	else if (strcmp(path, program) != 0)
		say(d, FINE,
		    "program: '%s' is a script that %s runs; what it starts is recorded, too", path,
		    program);
	else
		say(d, FINE, "program: '%s' is dynamically linked with glibc", path);
	free(why);
}

static void say_malloc(struct doctor *d, const struct loaded *x)
{
	uint32_t i = 0;
	while (i < x->n && !loaded_defines(x->paths[i], "malloc"))
		i++;

	if (i == x->n)
		say(d, WARNING, "malloc: none of the %u objects defines it", x->n);
	else if (i == 0)
		say(d, WARNING,
		    "malloc: the program defines it: what it calls within itself is not "
		    "recorded");
	else if (strstr(x->paths[i], "/libc.so") || strstr(x->paths[i], "/libc-2"))
		say(d, FINE, "malloc: glibc's, %s", x->paths[i]);
	else
		say(d, FINE, "malloc: %s; the calls that reach it are recorded", x->paths[i]);
}

static void say_names(struct doctor *d, const char *program)
{
	const char *names = loaded_names(program);

	if (!names)
		return;
	if (!strcmp(names, "debug information"))
		say(d, FINE,
		    "names: functions, files and lines (debug information is in the "
		    "program)");
	else if (!strcmp(names, "symbols"))
		say(d, WARNING,
		    "names: functions without lines: build with -g, or install the debug "
		    "package, or report --debuginfod");
	else
		say(d, WARNING,
		    "names: the program is stripped: functions are named by their "
		    "addresses, unless its debug package is installed or report "
		    "--debuginfod finds it");
}

/* ---- Python ---- */

/* Minor version in ".../python3.11", ".../libpython3.11.so.1.0"; -1: none. */
static int python_minor(const char *path)
{
	char real[PATH_MAX];
	const char *name = realpath(path, real) ? strrchr(real, '/') : strrchr(path, '/');
	const char *at = name ? strstr(name, "python3.") : NULL;
	return at && at[8] >= '0' && at[8] <= '9' ? atoi(at + 8) : -1;
}

/* True if it is CPython. */
static bool say_python(struct doctor *d, const struct loaded *x)
{
	int minor = -1;
	for (uint32_t i = 0; i < x->n && minor < 0; i++)
		minor = python_minor(x->paths[i]);

	if (minor >= OLDEST_PYTHON && minor <= NEWEST_PYTHON)
		say(d, FINE, "python: CPython 3.%d: Python stacks and classes are recorded", minor);
	else if (minor >= 0)
		say(d, WARNING,
		    "python: CPython 3.%d: only 3.%d to 3.%d are known; native stacks are recorded",
		    minor, OLDEST_PYTHON, NEWEST_PYTHON);
	return minor >= 0;
}

/* ---- where the trace goes ---- */

/* The directory of the trace; to be freed. */
static char *trace_directory(void)
{
	const char *out = getenv("POOLTRACE_OUT"), *slash = out ? strrchr(out, '/') : NULL;
	char cwd[PATH_MAX];

	if (slash)
		return mem_printf("%.*s", slash == out ? 1 : (int)(slash - out), out);
	return mem_strdup(getcwd(cwd, sizeof cwd) ? cwd : ".");
}

static bool may_user_write(const struct passwd *user, const struct stat *st)
{
	if (user->pw_uid == 0)
		return true;
	mode_t wanted = st->st_uid == user->pw_uid   ? 0300
	                : st->st_gid == user->pw_gid ? 0030
	                                             : 0003;
	return (st->st_mode & wanted) == wanted;
}

static void say_user(struct doctor *d, const char *directory)
{
	const struct passwd *user = d->user ? getpwnam(d->user) : NULL;
	struct stat st;

	if (d->user && !user)
		say(d, OBSTACLE, "trace: there is no user '%s'", d->user);
	else if (user && stat(directory, &st) == 0 && !may_user_write(user, &st))
		say(d, OBSTACLE,
		    "trace: '%s' may not write in '%s': choose another directory with -o", d->user,
		    directory);
	else if (user)
		say(d, FINE, "trace: '%s' may write in '%s'", d->user, directory);
	else if (geteuid() == 0 && stat(directory, &st) == 0 && (st.st_mode & 0003) != 0003)
		say(d, WARNING,
		    "trace: only its owner may write in '%s': a program that gives up being root "
		    "must "
		    "start before (--user NAME checks)",
		    directory);
}

static void say_directory(struct doctor *d)
{
	char *directory = trace_directory();
	struct statvfs fs;
	struct rlimit limit;

	if (access(directory, W_OK | X_OK) < 0)
		say(d, OBSTACLE, "trace: cannot write in '%s': %s", directory, strerror(errno));
	else
		say(d, FINE, "trace: goes to '%s'", directory);
	say_user(d, directory);
	if (statvfs(directory, &fs) == 0 && fs.f_bavail * fs.f_frsize < LEAST_SPACE)
		say(d, WARNING,
		    "trace: only %s are free in '%s': recording stops when the disk is full",
		    short_bytes((double)(fs.f_bavail * fs.f_frsize)), directory);
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		say(d, WARNING, "trace: files are limited to %s: recording stops there",
		    short_bytes((double)limit.rlim_cur));
	free(directory);
}

static void say_library(struct doctor *d)
{
	char *library = find_preload(PRELOAD_RECORDS);
	if (library)
		say(d, FINE, "library: '%s'", library);
	else
		say(d, OBSTACLE, "library: libpooltrace.so was not found");
	free(library);
}

/* ---- the command ---- */

static void examine(struct doctor *d, const char *path)
{
	char *program = loaded_program(path);
	struct loaded objects;
	bool python = false;

	say_program(d, path, program);
	if (loaded_find(program, &objects) == 0) {
		say_malloc(d, &objects);
		python = say_python(d, &objects);
	}
	if (!python && !strcmp(path, program)) /* a script's own names are in its source */
		say_names(d, program);
	say_library(d);
	say_directory(d);
	loaded_release(&objects);
	free(program);
}

static int doctor_run(int argc, char **argv)
{
	struct doctor d = {0};
	int first = options_parse(argc, argv, rows, true, doctor_take, &d);

	if (first < 0)
		return usage_exit(d.help_shown);
	if (first == argc) {
		error("no program given; see 'pooltrace help doctor'");
		return EXIT_USAGE;
	}
	char *path = launch_find(argv[first]);
	if (!path) {
		error_errno("cannot run '%s'", argv[first]);
		return EXIT_FAILED;
	}
	examine(&d, path);
	free(path);
	printf("%u obstacle%s, %u warning%s\n", d.n_obstacles, d.n_obstacles == 1 ? "" : "s",
	       d.n_warnings, d.n_warnings == 1 ? "" : "s");
	return d.n_obstacles ? EXIT_FAILED : EXIT_FINE;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.arguments = "[--user NAME] [--] PROGRAM [ARGS...]",
	.summary = "say what a recording of a program would show, without running it",
	.text = "Looks at who provides malloc, static and setuid programs, the Python version, "
		"names,\nwhere the trace goes. Exit code 1: there is an obstacle.",
	.options = rows,
	.run = doctor_run,
};
