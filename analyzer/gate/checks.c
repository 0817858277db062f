/* Looking at limits; see gate.h. */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "util/mem.h"
#include "util/text.h"

const char *gate_value(double value, enum gate_measure measure)
{
	static char buffer[8][64];
	static unsigned next;
	char *s = buffer[next++ % 8];

	if (measure == GATE_ALLOCS)
		snprintf(s, sizeof buffer[0], "%.0f allocation%s", value, value == 1 ? "" : "s");
	else if (value < 10240)
		snprintf(s, sizeof buffer[0], "%.0f bytes", value);
	else
		snprintf(s, sizeof buffer[0], "%.0f bytes (%s)", value, short_bytes(value));
	return s;
}

struct gate_check *gate_check_add(struct gate *g, const char *rule, const char *subject,
                                  const char *file, uint32_t line, bool failed, const char *fmt,
                                  ...)
{
	char message[2048];
	va_list args;
	va_start(args, fmt);
	vsnprintf(message, sizeof message, fmt, args);
	va_end(args);

	struct gate_check *x = MEM_PUSH(g->checks, g->n_checks, g->checks_room);
	*x = (struct gate_check){
		.rule = rule,
		.subject = text_clean(subject),
		.message = text_clean(message),
		.file = file ? text_clean(file) : NULL,
		.line = line,
		.failed = failed,
	};
	return x;
}

uint32_t gate_failures(const struct gate *g)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < g->n_checks; i++)
		n += g->checks[i].failed;
	return n;
}

/* ---- limits ---- */

const char *gate_measure_words(enum gate_measure measure)
{
	static const char *const words[GATE_MEASURES] = {"made", "allocated", "live at the peak",
	                                                 "live at the end"};
	return words[measure];
}

static void check_value(struct gate *g, const struct gate_limit *x, const char *subject,
                        uint64_t value, const char *file, uint32_t line, const char *most_by)
{
	bool failed = value > x->most;
	struct gate_check *check = gate_check_add(
		g, x->rule, subject, file, line, failed, "%s%s%s %s, at most %s allowed%s%s",
		subject, *subject ? ": " : "", gate_value((double)value, x->measure),
		gate_measure_words(x->measure), gate_value((double)x->most, x->measure),
		failed && most_by ? "; most by " : "", failed && most_by ? most_by : "");
	check->actual = (double)value;
	check->allowed = (double)x->most;
}

static void check_regions(struct gate *g, const struct gate_limit *x)
{
	bool found = false;
	for (uint32_t i = 0; i < g->n_rows; i++) {
		const struct gate_row *row = g->rows[i];
		if (row->kind != GATE_REGION || fnmatch(x->pattern + 7, row->name, FNM_NOESCAPE))
			continue;
		found = true;
		check_value(g, x, row->name, row->value[x->measure], NULL, 0, NULL);
	}
	if (!found)
		gate_check_add(g, x->rule, x->pattern, NULL, 0, true,
		               "%s: the program announced no such region", x->pattern);
}

static void check_limit(struct gate *g, const struct gate_limit *x)
{
	const struct gate_row *all = gate_row(g, GATE_TOTAL, "all");

	if (x->pattern && !strncmp(x->pattern, "region:", 7))
		check_regions(g, x);
	else if (x->pattern)
		check_value(g, x, x->pattern, x->found, x->file, x->line, x->heaviest);
	else
		check_value(g, x, "", all->value[x->measure], x->file, x->line, x->heaviest);
}

/* ---- findings ---- */

static bool is_in_list(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

static void check_kinds(struct gate *g, const char *rule, const char *kinds)
{
	bool found = false;
	for (uint32_t i = 0; i < g->n_findings; i++) {
		const struct gate_finding *x = &g->findings[i];
		if (!is_in_list(kinds, x->kind))
			continue;
		found = true;
		gate_check_add(g, rule, x->name, x->file, x->line, true, "%s: %s", x->kind,
		               x->title);
	}

	if (!found)
		gate_check_add(g, rule, kinds, NULL, 0, false, "no finding of these kinds: %s",
		               kinds);
}

void gate_check_limits(struct gate *g)
{
	for (uint32_t i = 0; i < g->n_limits; i++)
		check_limit(g, &g->limits[i]);
	if (g->no_growth)
		check_kinds(g, "no-growth",
		            "leak,growing-cache,class-level-growth,default-argument-growth,"
		            "retained-by-cache,pooled-state-growth");
	if (g->fail_on)
		check_kinds(g, "fail-on", g->fail_on);
}
