/* What commands share; see cmd.h. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "model/announced.h"
#include "util/mem.h"
#include "util/progress.h"
#include "util/text.h"

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

FILE *output_open(const char *path)
{
	FILE *f = path ? fopen(path, "we") : stdout;
	if (!f)
		error_errno("cannot write '%s'", path);
	return f;
}

int output_close(FILE *f, const char *path)
{
	bool failed = fflush(f) != 0 || ferror(f);
	if (path && fclose(f) != 0)
		failed = true;
	return failed ? error_errno("cannot write '%s'", path ? path : "standard output") : 0;
}

int usage_exit(bool help_shown)
{
	return help_shown ? EXIT_FINE : EXIT_USAGE;
}

struct model *load_model(const char *path, unsigned parts)
{
	struct trace *t;
	struct model *m;
	progress_allow();
	if (trace_open(path, &t) < 0 || model_build(t, parts, &m) < 0)
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
	struct model *m = load_model(path, MODEL_COUNTS);
	bool found = m && announced_find(m, text, ns, event);
	if (m && !found)
		error("'%s' has no mark and no region '%s', and it is no time such as 12.5s", path,
		      text);
	model_free(m);
	return found;
}

struct model *load_model_between(const char *path, const char *from, const char *to, unsigned parts)
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
	return model_build(t, parts, &m) < 0 ? NULL : m;
}

/* Where the peak of live bytes is: after a pass of its own. */
static bool find_peak(const char *path, uint64_t *ns, uint64_t *event)
{
	struct model *m = load_model(path, MODEL_COUNTS);
	if (!m)
		return false;
	*ns = m->totals.peak_ns;
	*event = m->totals.peak_event + 1;
	model_free(m);
	return true;
}

struct model *load_model_at(const char *path, const char *moment, unsigned parts)
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
	return model_build(t, parts, &m) < 0 ? NULL : m;
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
