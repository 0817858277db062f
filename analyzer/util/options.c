/* Command line options; see options.h. */
#include "util/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

#define FIRST_LONG 256

static unsigned count_rows(const struct option_row *rows)
{
	unsigned n = 0;
	while (rows[n].name)
		n++;
	return n;
}

/* The table in getopt's form; val = FIRST_LONG + row, and `help` after the last row. */
static struct option *long_options(const struct option_row *rows, unsigned n)
{
	struct option *l = mem_zalloc(n + 2, sizeof *l);
	for (unsigned i = 0; i < n; i++)
		l[i] = (struct option){rows[i].name,
		                       rows[i].argument ? required_argument : no_argument, NULL,
		                       FIRST_LONG + (int)i};
	l[n] = (struct option){"help", no_argument, NULL, FIRST_LONG + (int)n};
	return l;
}

static char *short_options(const struct option_row *rows, unsigned n, bool stop_at_operand)
{
	char *s = mem_alloc(2 * n + 4), *to = s;

	if (stop_at_operand)
		*to++ = '+';
	*to++ = ':';
	*to++ = 'h';
	for (unsigned i = 0; i < n; i++) {
		if (!rows[i].letter)
			continue;
		*to++ = rows[i].letter;
		if (rows[i].argument)
			*to++ = ':';
	}

	*to = 0;
	return s;
}

static int unknown_option(const struct option_row *rows, unsigned n, const char *word)
{
	const char **names = mem_zalloc(n + 2, sizeof(*names));

	for (unsigned i = 0; i < n; i++)
		names[i] = rows[i].name;
	names[n] = "help";
	char *bare = mem_printf("%.*s", (int)strcspn(word, "="), word);
	const char *nearest = word[0] == '-' && word[1] == '-' ? text_nearest(bare + 2, names)
	                                                       : NULL;
	if (nearest)
		error("no option '%s'; the nearest is '--%s'", bare, nearest);
	else
		error("no option '%s'", bare);

	free(bare);
	free(names);
	return -1;
}

static const char *options_name_of(const struct option_row *rows, unsigned n, int c)
{
	if (c == 'h' || c == FIRST_LONG + (int)n)
		return "help";
	if (c >= FIRST_LONG)
		return rows[c - FIRST_LONG].name;
	for (unsigned i = 0; i < n; i++)
		if (rows[i].letter == c)
			return rows[i].name;
	return NULL;
}

static int complain(const struct option_row *rows, unsigned n, int c, char **argv)
{
	char letter[3] = {'-', (char)optopt, 0};
	const char *word = optopt && optopt < FIRST_LONG ? letter : argv[optind - 1];
	if (c == ':')
		return error("option '%s' needs a value", word);
	if (optopt >= FIRST_LONG)
		return error("option '%s' takes no value", word);
	return unknown_option(rows, n, word);
}

int options_parse(int argc, char **argv, const struct option_row *rows, bool stop_at_operand,
                  int (*take)(void *context, const char *name, const char *value), void *context)
{
	unsigned n = count_rows(rows);
	struct option *longs = long_options(rows, n);
	char *shorts = short_options(rows, n, stop_at_operand);
	int c, result = 0;

	opterr = 0;
	optind = 0; /* glibc: start again */
	while (result == 0 && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		result = c == '?' || c == ':' ? complain(rows, n, c, argv)
		                              : take(context, options_name_of(rows, n, c), optarg);

	free(longs);
	free(shorts);
	return result < 0 ? -1 : optind;
}

void options_help(FILE *f, const struct option_row *rows)
{
	for (; rows->name; rows++) {
		char left[64], letter[8] = "    ";
		if (rows->letter)
			snprintf(letter, sizeof letter, "-%c, ", rows->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, rows->name,
		         rows->argument ? " " : "", rows->argument ? rows->argument : "");
		fprintf(f, "  %-30s %s\n", left, rows->help);
	}
}

long options_number(const char *name, const char *value, long min)
{
	char *end;
	long n = strtol(value, &end, 10);
	if (end == value || *end || n < min)
		return error("'--%s' needs a number of at least %ld, not '%s'", name, min, value);
	return n;
}
