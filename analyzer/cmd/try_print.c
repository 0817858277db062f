/* The table that `pooltrace try` prints of an arm. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/try_rounds.h"
#include "util/mem.h"
#include "util/text.h"

static const char *ms_words(double ms)
{
	return short_ns(ms * 1e6);
}

static const char *signed_words(const char *(*words)(double), double value)
{
	static char text[4][40];
	static unsigned next;
	char *s = text[next++ % 4];
	snprintf(s, sizeof text[0], "%s%s", value < 0 ? "-" : "", words(fabs(value)));
	return s;
}

static void try_put_row(const char *what, const char *(*words)(double), const double medians[3],
                        const struct interval *i)
{
	printf("  %-20s %12s %12s %12s   ", what, words(medians[0]), words(medians[1]),
	       words(medians[2]));
	if (sample_is_none(i))
		puts("no difference");
	else
		printf("%s to %s\n", signed_words(words, i->low), signed_words(words, i->high));
}

/* One kind of measurement: the medians of the three arms. */
#define MEDIANS(field)                                                              \
	(const double[])                                                            \
	{                                                                           \
		sample_median(t->arm[ARM_PLAIN + 1]->field, t->n_rounds),           \
			sample_median(t->arm[ARM_FORWARD + 1]->field, t->n_rounds), \
			sample_median(t->arm[arm + 1]->field, t->n_rounds)          \
	}

/* True if the line was not there before. */
static bool is_first_of(const char *all, const char *line, size_t n)
{
	for (const char *p = all; p < line; p = strchr(p, '\n') + 1)
		if (!strncmp(p, line, n) && p[n] == '\n')
			return false;
	return true;
}

void try_print_told(const struct try_trial *t, int arm, const struct try_counts *c,
                    const char *only)
{
	char number[16];
	int n_number = snprintf(number, sizeof number, "%d ", arm);
	char *class = mem_strdup(t->finding[arm - 1]->slots), *rest = class;

	strsep(&rest, " ");
	const char *name = strsep(&rest, " ");
	for (const char *p = c->told, *end; (end = strchr(p, '\n')); p = end + 1) {
		const char *text = p + n_number;
		size_t n = (size_t)(end - p);
		if (strncmp(p, number, (size_t)n_number) != 0 || !is_first_of(c->told, p, n) ||
		    (only && strncmp(text, only, strlen(only)) != 0))
			continue;
		char *line = mem_printf("  class %s %.*s\n", name, (int)(end - text), text);
		char *clean = text_clean_lines(line);
		fputs(clean, stdout);
		free(clean);
		free(line);
	}
	free(class);
}

static void put_served(const struct try_trial *t, int arm, const struct outcome *o)
{
	static const char *const reasons[] = {
#define X(name, text) text,
		ENACT_FALLBACKS(X)
#undef X
	};
	const struct try_counts *c = &t->arm[arm + 1]->counts;

	if (arm != ARM_ALL && t->program.tunables[arm]) {
		printf("  with GLIBC_TUNABLES=%s\n", t->program.tunables[arm]);
		return;
	}
	if (arm != ARM_ALL && t->finding[arm - 1]->slots) {
		try_print_told(t, arm, c, NULL);
		return;
	}
	printf("  %s of %s allocations served", short_count(o->served), short_count(o->matched));
	for (uint32_t i = 0; i < ENACT_N_FALLBACKS; i++)
		if (c->fallback[i] > 0)
			printf("; %s not: %s", short_count(c->fallback[i]), reasons[i]);
	printf("; pools took %s\n", short_bytes(c->pool_bytes));
}

static void put_calls(const struct try_trial *t, const struct outcome *o)
{
	double calls = o->calls_before + o->matched;
	struct interval look_up;
	double difference[SAMPLE_MOST];

	printf("  %-20s %12s %12s %12s   %s\n", "allocator calls", "", short_count(o->calls_before),
	       short_count(o->calls_after),
	       signed_words(short_count, o->calls_before - o->calls_after));
	for (uint32_t i = 0; i < t->n_rounds; i++)
		difference[i] = t->arm[ARM_FORWARD + 1]->cpu_ms[i] -
		                t->arm[ARM_PLAIN + 1]->cpu_ms[i];
	look_up = sample_interval(difference, t->n_rounds);
	if (o->matched > 0)
		printf("  looking up costs %.1f to %.1f ns a call in both arms, which is not part "
		       "of the gain\n",
		       look_up.low * 1e6 / calls, look_up.high * 1e6 / calls);
}

static void put_title_of(const struct try_trial *t, int arm)
{
	if (arm == ARM_ALL) {
		printf("\nall %u findings together\n", t->n);
		return;
	}
	const struct finding *x = t->finding[arm - 1];
	printf("\n#%u %s: ", x->id, x->kind);
	text_put(stdout, x->title ? x->title : "");
	printf("  [%s]\n", x->key);
}

void try_print(const struct try_trial *t, int arm, const struct outcome *o,
               const struct try_rules *rules)
{
	struct interval edit = outcome_edit_ms(o);

	put_title_of(t, arm);
	put_served(t, arm, o);
	printf("  %u pairs of runs, %s\n\n", t->n_rounds,
	       rules->until_exit      ? "outputs and exit codes not compared"
	       : rules->ignore_output ? "the same exit code in all"
	                              : "the same output and exit code in all");
	printf("  %-20s %12s %12s %12s   %s\n", "", "plain", "looked up", "enacted",
	       "saved (95 % of the median)");
	try_put_row("CPU, user + system", ms_words, MEDIANS(cpu_ms), &o->cpu_ms);
	try_put_row("wall time", ms_words, MEDIANS(wall_ms), &o->wall_ms);
	try_put_row("peak RSS", short_bytes, MEDIANS(rss_bytes), &o->rss_bytes);
	try_put_row("page faults", short_count, MEDIANS(faults), &o->faults);
	put_calls(t, o);
	if (o->served > 0 && o->call_ns > 0)
		printf("  in the source, a pool that is inlined saves %s calls of %.1f ns, too: %s "
		       "to %s of CPU\n",
		       short_count(o->served + o->freed), o->call_ns,
		       signed_words(ms_words, edit.low), signed_words(ms_words, edit.high));
}
