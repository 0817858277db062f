/*
 * `pooltrace dump`: the events of a trace, one line each; with --follow the way of each block that lived at an
 * address (follow.h).
 */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/event_line.h"
#include "cmd/follow.h"
#include "cmd/live_addresses.h"

struct dump_command {
	uint64_t follow; /* address, 0 = none */
	uint64_t limit;  /* events to print */
	bool names, help_shown;
};

static const struct option_row rows[] = {
	{"follow", 0, "ADDR", "follow the blocks that lived at this address through all stages"},
	{"limit", 'n', "N", "print so many events only"},
	{"names", 0, NULL, "print the function that each stack is named after"},
	DEBUGINFOD_ROW,
	{0},
};

static int take_follow(struct dump_command *c, const char *value)
{
	char *end;
	c->follow = strtoull(value, &end, 16);
	return *end || !c->follow ? error("'--follow' needs an address, not '%s'", value) : 0;
}

static int dump_take(void *context, const char *name, const char *value)
{
	struct dump_command *c = context;
	long n;

	if (!strcmp(name, "follow"))
		return take_follow(c, value);
	if (!strcmp(name, "names")) {
		c->names = true;
		return 0;
	}

	if (!strcmp(name, "debuginfod")) {
		symbols_ask_server();
		return 0;
	}

	if (!strcmp(name, "limit")) {
		n = options_number(name, value, 0);
		c->limit = (uint64_t)n;
		return n < 0 ? -1 : 0;
	}

	command_help(stdout, &cmd_dump);
	c->help_shown = true;
	return -1;
}

static void dump_events(struct trace *t, const struct dump_command *c)
{
	struct live_addresses live;
	struct symbols *names = c->names ? symbols_new(t) : NULL;
	struct event e;

	live_addresses_init(&live);
	struct events *events = events_new(t, live_addresses_have, &live);
	for (uint64_t n = 0; n < c->limit && events_next(events, &e); n++) {
		live_addresses_note(&live, &e);
		event_line_put(t, &e, names);
	}

	events_free(events);
	symbols_free(names);
	live_addresses_release(&live);
}

static int dump_run(int argc, char **argv)
{
	struct dump_command c = {.limit = UINT64_MAX};
	struct trace *t;
	int first = options_parse(argc, argv, rows, false, dump_take, &c);

	if (first < 0)
		return usage_exit(c.help_shown);
	if (first + 1 != argc) {
		error("dump needs one trace");
		return EXIT_USAGE;
	}

	if (trace_open(argv[first], &t) < 0)
		return EXIT_FAILED;
	if (c.follow)
		return follow_address(t, c.follow);
	dump_events(t, &c);
	int code = trace_is_damaged(t) ? EXIT_DAMAGED : EXIT_FINE;
	if (code)
		warning("'%s' is damaged: offset %llu: %s", t->path,
		        (unsigned long long)t->health.first_damage_offset, t->health.first_damage);

	trace_free(t);
	return code;
}

const struct command cmd_dump = {
	.name = "dump",
	.arguments = "[OPTIONS] TRACE",
	.summary = "print the events of a trace, or follow one block through all stages",
	.text = "Columns: number, time (~: interpolated), thread, what happened.",
	.options = rows,
	.run = dump_run,
};
