/*
 * Commands: one file each, all in the table of commands.c.  A command parses its options, calls the layers
 * below, and returns the exit code.
 */
#ifndef PT_CMD_CMD_H
#define PT_CMD_CMD_H

#include "model/model.h"
#include "report/report.h"
#include "util/error.h"
#include "util/options.h"

struct command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *summary;   /* one line */
	const char *text;      /* paragraphs of its help, NULL none */
	const struct option_row *options;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* The option of commands that name functions; they call symbols_ask_server(). */
#define DEBUGINFOD_ROW                                                                          \
	{                                                                                       \
		"debuginfod", 0, NULL,                                                          \
			"ask the servers in DEBUGINFOD_URLS for debug information that is not " \
			"here"                                                                  \
	}

extern const struct command cmd_record, cmd_report, cmd_info, cmd_dump, cmd_diff, cmd_check,
	cmd_replay, cmd_verify, cmd_try, cmd_export, cmd_push, cmd_doctor, cmd_completion, cmd_help,
	cmd_version;

/* All commands, ending with NULL. */
extern const struct command *const commands[];
/* By its name, another tool's word for it ("run"), or the beginning of one name alone ("rep"). */
const struct command *command_find(const char *name);
void command_help(FILE *f, const struct command *c);
/* "unknown command" with the nearest one. */
int command_unknown(const char *name);

/* Opens a trace and builds its model; parts: of enum model_part.  NULL after error(). */
struct model *load_model(const char *path, unsigned parts);

/* The same as of a moment: "PEAK", the peak of live bytes, or a time since the start: "12.5s", "300ms". */
struct model *load_model_at(const char *path, const char *moment, unsigned parts);
/* "12.5s", "300ms", "2m" in ns; false: it is no time. */
bool read_time(const char *text, uint64_t *ns);
/* The same of what happened between two moments, each a time or a name as announced_find() knows it; NULL: the
 * start, the end. */
struct model *load_model_between(const char *path, const char *from, const char *to,
                                 unsigned parts);
/* EXIT_DAMAGED, after saying on stderr what was damaged; else EXIT_FINE. */
int load_exit_code(const struct model *m);
/* Where a command's result goes: the file, or standard output without one.  output_open(): NULL after error(). */
FILE *output_open(const char *path);
/* -1 after error(): not all could be written. */
int output_close(FILE *f, const char *path);
/* For options_parse(): how a command ends after -1 (help shown or a message). */
int usage_exit(bool help_shown);

#endif
