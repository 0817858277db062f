/* The table of commands, and how one is found by its name; see cmd.h. */
#include "cmd/cmd.h"

#include <string.h>

#include "util/text.h"

const struct command *const commands[] = {
	&cmd_record,     &cmd_report, &cmd_diff,    &cmd_check, &cmd_replay, &cmd_verify,
	&cmd_try,        &cmd_export, &cmd_push,    &cmd_info,  &cmd_dump,   &cmd_doctor,
	&cmd_completion, &cmd_help,   &cmd_version, NULL,
};

static const struct command *find_exact(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

/* What other tools call it. */
static const struct command *find_alias(const char *name)
{
	static const struct {
		const char *name;
		const struct command *command;
	} aliases[] = {
		{"run", &cmd_record},   {"trace", &cmd_record},   {"show", &cmd_report},
		{"stats", &cmd_report}, {"print", &cmd_report},   {"analyze", &cmd_report},
		{"compare", &cmd_diff}, {"convert", &cmd_export}, {"events", &cmd_dump},
		{"test", &cmd_check},   {"gate", &cmd_check},
	};

	for (unsigned i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (!strcmp(aliases[i].name, name))
			return aliases[i].command;
	return NULL;
}

/* NULL: no command begins so, or several do. */
static const struct command *find_prefix(const char *name)
{
	const struct command *found = NULL;
	for (const struct command *const *c = commands; *c && *name; c++) {
		if (strncmp((*c)->name, name, strlen(name)) != 0)
			continue;
		if (found)
			return NULL;
		found = *c;
	}
	return found;
}

const struct command *command_find(const char *name)
{
	const struct command *c = find_exact(name);
	c = c ? c : find_alias(name);
	return c ? c : find_prefix(name);
}

static bool is_ambiguous(const char *name)
{
	for (const struct command *const *c = commands; *c && *name; c++)
		if (!strncmp((*c)->name, name, strlen(name)))
			return true;
	return false;
}

/* Names every command that begins so. */
static void name_candidates(const char *name)
{
	char list[256] = "";
	size_t n = 0;
	for (const struct command *const *c = commands; *c && n < sizeof list; c++)
		if (!strncmp((*c)->name, name, strlen(name)))
			n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "",
			                      (*c)->name);
	error("several commands begin with '%s': %s", name, list);
}

int command_unknown(const char *name)
{
	const char *names[sizeof commands / sizeof *commands] = {NULL};
	for (unsigned i = 0; commands[i]; i++)
		names[i] = commands[i]->name;
	const char *nearest = text_nearest(name, names);
	if (is_ambiguous(name))
		name_candidates(name);
	else if (nearest)
		error("no command '%s'; the nearest is '%s'", name, nearest);
	else
		error("no command '%s'; 'pooltrace help' lists them", name);
	return EXIT_USAGE;
}
