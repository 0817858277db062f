/*
 * Command line options of one command: a table from which parsing (getopt_long) and help are made.
 * The error about an unknown option names the nearest known one.
 */
#ifndef PT_UTIL_OPTIONS_H
#define PT_UTIL_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct option_row {
	const char *name;     /* long name */
	char letter;          /* short form, 0 none */
	const char *argument; /* what stands for it in the help, NULL: takes none */
	const char *help;
};

/*
 * Calls take() for each option in turn; it returns -1 after error() to stop.  Returns the index of the
 * first operand, or -1 after a message.  stop_at_operand: what follows the first operand is not ours.
 * `--help` is handled by the caller: it is in no table and reaches take() as "help".
 */
int options_parse(int argc, char **argv, const struct option_row *rows, bool stop_at_operand,
                  int (*take)(void *context, const char *name, const char *value), void *context);

void options_help(FILE *f, const struct option_row *rows);

/* A number >= min; -1 after error(). */
long options_number(const char *name, const char *value, long min);

#endif
