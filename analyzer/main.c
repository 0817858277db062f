/* pooltrace: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

/* A result that could not be written is a failure: `pooltrace report > /dev/full`. */
static int finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	error_errno("cannot write to standard output");
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: pooltrace COMMAND ...; 'pooltrace help' lists the commands\n",
		      stderr);
		return EXIT_USAGE;
	}

	const char *name = argv[1];
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	else if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";

	const struct command *c = command_find(name);
	if (!c)
		return command_unknown(name);
	return finish(c->run(argc - 1, argv + 1));
}
