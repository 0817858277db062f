/*
 * Says its name in each way that the C library knows: variables, err(), error(), assert(), usage texts of
 * getopt(), wordexp() of $0; and what constructors of libraries get.
 *
 * promise: the C library is initialised when, and with what, it would be without us.
 * cflags: -D_GNU_SOURCE
 * ldflags: -Wl,-rpath,$ORIGIN -l:constructor_arguments.so
 */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

extern char *__progname, *__progname_full;
extern int constructor_argc;
extern const char *constructor_argv0;

/* In a child: some of these end the process. */
static void in_child(void (*what)(int, char **), int argc, char **argv)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		what(argc, argv);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("child: %s %d\n", WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void asserts(int argc, char **argv)
{
	(void)argv;
	assert(argc == -1);
}

static void errs(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	errno = ENOENT;
	err(3, "no such thing");
}

static void errors(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	error(4, EACCES, "no entry");
}

static void options(int argc, char **argv)
{
	while (getopt(argc, argv, "a:") != -1)
		;
}

static void words(int argc, char **argv)
{
	wordexp_t w;
	(void)argc;
	(void)argv;
	if (wordexp("$0 $#", &w, 0) == 0) {
		for (size_t i = 0; i < w.we_wordc; i++)
			printf("word %s\n", w.we_wordv[i]);
		wordfree(&w);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	printf("%s, %s, %s, %s\n", program_invocation_name, program_invocation_short_name,
	       __progname, __progname_full);
	printf("constructor: %d %s\n", constructor_argc, constructor_argv0);
	warnx("a warning");
	in_child(asserts, argc, argv);
	in_child(errs, argc, argv);
	in_child(errors, argc, argv);
	in_child(options, argc, argv);
	in_child(words, argc, argv);
	free(malloc(10));
	return 0;
}
