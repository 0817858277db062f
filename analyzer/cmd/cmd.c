/* The table of commands, and what they share; see cmd.h. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "model/announced.h"
#include "util/mem.h"
#include "util/progress.h"
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

void command_help(FILE *f, const struct command *c)
{
	fprintf(f, "usage: pooltrace %s %s\n\n%s\n", c->name, c->arguments, c->summary);
	if (c->text)
		fprintf(f, "\n%s\n", c->text);
	if (c->options && c->options->name) {
		fputs("\noptions:\n", f);
		options_help(f, c->options);
	}
}

int usage_exit(bool help_shown)
{
	return help_shown ? EXIT_FINE : EXIT_USAGE;
}

struct model *load_model(const char *path)
{
	struct trace *t;
	struct model *m;
	progress_allow();
	if (trace_open(path, &t) < 0 || model_build(t, NULL, 0, &m) < 0)
		return NULL;
	return m;
}

bool read_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"s", 1e9}, {"", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"m", 60e9}};
	char *end;
	double value = strtod(text, &end);

	for (unsigned i = 0; end != text && i < sizeof units / sizeof *units; i++)
		if (!strcmp(end, units[i].unit) && value >= 0 && value * units[i].ns < 1e18) {
			*ns = (uint64_t)(value * units[i].ns);
			return true;
		}
	return false;
}

/* A time, or what the trace's marks say; a pass of its own for the latter.  *event stays when it is a time. */
static bool find_moment(const char *path, const char *text, uint64_t *ns, uint64_t *event)
{
	if (!text || read_time(text, ns))
		return true;
	struct model *m = load_model(path);
	bool found = m && announced_find(m, text, ns, event);
	if (m && !found)
		error("'%s' has no mark and no region '%s', and it is no time such as 12.5s", path,
		      text);
	model_free(m);
	return found;
}

struct model *load_model_between(const char *path, const char *from, const char *to)
{
	uint64_t from_ns = 0, from_event = 0, to_ns = UINT64_MAX, to_event = UINT64_MAX;
	struct trace *t;
	struct model *m;

	if (!find_moment(path, from, &from_ns, &from_event) ||
	    !find_moment(path, to, &to_ns, &to_event) || trace_open(path, &t) < 0)
		return NULL;
	if (to_ns < from_ns) {
		error("'%s' is before '%s'", to, from);
		trace_free(t);
		return NULL;
	}

	char *note =
		mem_printf("between %s and %s: what was allocated before, or happened later, is "
	                   "not counted",
	                   short_ns((double)from_ns),
	                   to_ns < UINT64_MAX ? short_ns((double)to_ns) : "the end");
	trace_begin_at(t, from_ns, from_event);
	trace_end_at(t, to_ns, to_event);
	trace_add_note(t, note);
	free(note);
	return model_build(t, NULL, 0, &m) < 0 ? NULL : m;
}

/* Where the peak of live bytes is: after a pass of its own. */
static bool find_peak(const char *path, uint64_t *ns, uint64_t *event)
{
	struct model *m = load_model(path);
	if (!m)
		return false;
	*ns = m->totals.peak_ns;
	*event = m->totals.peak_event + 1;
	model_free(m);
	return true;
}

struct model *load_model_at(const char *path, const char *moment)
{
	uint64_t ns, event = UINT64_MAX;
	struct trace *t;
	struct model *m;

	if (!strcmp(moment, "PEAK")) {
		if (!find_peak(path, &ns, &event))
			return NULL;
	} else if (!read_time(moment, &ns)) {
		error("invalid --at '%s': expected PEAK or a time such as 12.5s", moment);
		return NULL;
	}
	if (trace_open(path, &t) < 0)
		return NULL;
	char *note = mem_printf(
		"as of %s after the start%s: later events are not counted; exit, census "
		"and heap are the process's at its end",
		short_ns((double)ns), event == UINT64_MAX ? "" : ", the peak of live bytes");
	trace_end_at(t, ns, event);
	trace_add_note(t, note);
	free(note);
	return model_build(t, NULL, 0, &m) < 0 ? NULL : m;
}

int load_exit_code(const struct model *m)
{
	const struct trace_health *h = &m->trace->health;
	if (!trace_is_damaged(m->trace))
		return EXIT_FINE;
	warning("'%s' is damaged: offset %llu: %s; %llu damaged parts, %llu bytes not read",
	        m->trace->path, (unsigned long long)h->first_damage_offset, h->first_damage,
	        (unsigned long long)h->damaged_chunks, (unsigned long long)h->unread_bytes);
	return EXIT_DAMAGED;
}
