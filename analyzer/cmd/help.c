/* `pooltrace help [COMMAND]` and `pooltrace version`. */
#include "cmd/cmd.h"

#include <stdio.h>

static int help_run(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-') {
		const struct command *c = command_find(argv[1]);
		if (!c)
			return command_unknown(argv[1]);
		command_help(stdout, c);
		return EXIT_FINE;
	}

	puts("usage: pooltrace COMMAND ...\n\n"
	     "Records every allocation of a program and says which ones to pool, reuse or "
	     "reserve.\n\n"
	     "commands:");
	for (const struct command *const *c = commands; *c; c++)
		printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	puts("\n'pooltrace help COMMAND' tells more; start with: pooltrace record ./program");
	return EXIT_FINE;
}

static int version_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("pooltrace %s (trace format %d.%d)\n", POOLTRACE_VERSION, PTF_VERSION_MAJOR,
	       PTF_VERSION_MINOR);
	return EXIT_FINE;
}

const struct command cmd_help = {.name = "help",
                                 .arguments = "[COMMAND]",
                                 .summary = "say what there is, or explain one command",
                                 .run = help_run};
const struct command cmd_version = {
	.name = "version", .arguments = "", .summary = "print the version", .run = version_run};
