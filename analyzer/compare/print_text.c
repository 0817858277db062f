/* A comparison for a terminal, and as Markdown for a review. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "util/text.h"

static const unsigned total_order[] = {TOTAL_CALLS,  MEASURE_ALLOCS, MEASURE_BYTES,
                                       MEASURE_PEAK, MEASURE_END,    TOTAL_CPU};

static bool has_runs(const struct comparison *c)
{
	return c->n_runs[BEFORE] > 1 || c->n_runs[AFTER] > 1;
}

static bool is_total_known(const struct comparison *c, unsigned total)
{
	return total != TOTAL_CPU || c->n_cpu_known == c->n_runs[BEFORE] + c->n_runs[AFTER];
}

/* ---- text ---- */

static void text_put_total(const struct comparison *c, unsigned i, FILE *f)
{
	const struct spread *x = &c->total[BEFORE][i], *y = &c->total[AFTER][i];
	double before = compare_mean(c, BEFORE, x), after = compare_mean(c, AFTER, y);

	fprintf(f, "  %-18s %12s %12s %12s %9s", compare_total_name(i), compare_value(before, i),
	        compare_value(after, i), compare_change(before, after, i),
	        compare_percent(before, after));
	if (has_runs(c))
		fprintf(f, "  +-%s%s", short_percent(compare_noise(c, x, y)),
		        before == after || compare_differs(c, *x, *y) ? "" : ", within the noise");
	fputc('\n', f);
}

static void text_put_totals(const struct comparison *c, FILE *f)
{
	if (has_runs(c))
		fprintf(f,
		        "means of %u and %u runs; +- is half the range of the runs of one side\n\n",
		        c->n_runs[BEFORE], c->n_runs[AFTER]);
	fprintf(f, "  %-18s %12s %12s %12s %9s\n", "", "before", "after", "change", "%");
	for (unsigned i = 0; i < TOTALS; i++)
		if (is_total_known(c, total_order[i]))
			text_put_total(c, total_order[i], f);
}

/* Share of all bytes before and after, "12 % > 15 %". */
static void text_put_shares(const struct comparison *c, const struct compare_place *x, FILE *f)
{
	char text[48] = "";
	double all[SIDES], share[SIDES];

	for (unsigned side = 0; side < SIDES; side++) {
		all[side] = (double)c->total[side][MEASURE_BYTES].sum;
		share[side] = all[side] > 0 ? (double)x->value[side][MEASURE_BYTES].sum / all[side]
		                            : 0;
	}
	snprintf(text, sizeof text, "%s > %s", short_percent(share[BEFORE]),
	         short_percent(share[AFTER]));
	fprintf(f, "%16s", text);
}

static void text_put_place(const struct comparison *c, const struct compare_place *x, FILE *f)
{
	double mean[SIDES][MEASURES];

	for (unsigned side = 0; side < SIDES; side++)
		for (unsigned i = 0; i < MEASURES; i++)
			mean[side][i] = compare_mean(c, side, &x->value[side][i]);
	fprintf(f, "  %11s %9s",
	        compare_change(mean[BEFORE][MEASURE_BYTES], mean[AFTER][MEASURE_BYTES],
	                       MEASURE_BYTES),
	        compare_percent(mean[BEFORE][MEASURE_BYTES], mean[AFTER][MEASURE_BYTES]));
	text_put_shares(c, x, f);

	for (unsigned i = MEASURE_ALLOCS; i < MEASURES; i++)
		fprintf(f, " %11s", compare_change(mean[BEFORE][i], mean[AFTER][i], i));
	fputs("  ", f);
	text_put(f, x->name);
	fputs(*x->where ? "  " : "", f);
	text_put(f, x->where);
	fputc('\n', f);
}

static void put_hidden(const struct comparison *c, uint32_t top, FILE *f)
{
	if (!c->n_shown)
		fputs("  no place changed\n", f);
	if (c->n_shown > top)
		fprintf(f, "  and %u more\n", c->n_shown - top);
	if (c->n_noise)
		fprintf(f, "  %u place%s within the noise of the runs: not shown\n", c->n_noise,
		        c->n_noise == 1 ? " differs" : "s differ");
	if (c->n_pairs)
		fprintf(f,
		        "  %u pair%s of a place gone and a new one with the same numbers: not "
		        "shown\n",
		        c->n_pairs, c->n_pairs == 1 ? "" : "s");
}

static void text_put_places(const struct comparison *c, uint32_t top, FILE *f)
{
	fprintf(f, "\nPLACES  change of / share of all bytes / change of\n");
	if (c->n_shown)
		fprintf(f, "  %11s %9s%16s %11s %11s %11s\n", "allocated", "%", "share",
		        "allocations", "at peak", "at end");
	for (uint32_t i = 0; i < c->n_shown && i < top; i++)
		text_put_place(c, c->places[i], f);
	put_hidden(c, top, f);
}

static void text_put_findings(const struct comparison *c, FILE *f)
{
	if (!c->n_findings)
		return;
	fputs("\nFINDINGS\n", f);

	for (uint32_t i = 0; i < c->n_findings; i++) {
		const struct compare_finding *x = c->findings[i];
		fprintf(f, "  %-5s ", compare_finding_state(x));
		text_put(f, x->name);
		if (has_runs(c))
			fprintf(f, "  (in %u of %u runs before, %u of %u after)", x->n_seen[BEFORE],
			        c->n_runs[BEFORE], x->n_seen[AFTER], c->n_runs[AFTER]);
		fputs("\n        ", f);
		text_put(f, x->title);
		fputc('\n', f);
	}
}

static void compare_print_text(const struct comparison *c, uint32_t top, FILE *f)
{
	text_put_totals(c, f);
	text_put_places(c, top, f);
	text_put_findings(c, f);
}

/* ---- Markdown ---- */

/* A name between backquotes, in a cell of a table. */
static void markdown_put_name(const char *name, FILE *f)
{
	char *clean = text_clean(name);
	fputc('`', f);
	for (const char *p = clean; *p; p++)
		fputs(*p == '`' ? "'" : *p == '|' ? "\\|" : (char[2]){*p, 0}, f);
	fputc('`', f);
	free(clean);
}

static void markdown_put_totals(const struct comparison *c, FILE *f)
{
	fprintf(f, "| | before | after | change | %%%s |\n|---|---:|---:|---:|---:|%s\n",
	        has_runs(c) ? " | noise" : "", has_runs(c) ? "---:|" : "");
	for (unsigned n = 0; n < TOTALS; n++) {
		unsigned i = total_order[n];
		const struct spread *x = &c->total[BEFORE][i], *y = &c->total[AFTER][i];
		double before = compare_mean(c, BEFORE, x), after = compare_mean(c, AFTER, y);
		if (!is_total_known(c, i))
			continue;
		fprintf(f, "| %s | %s | %s | %s | %s |", compare_total_name(i),
		        compare_value(before, i), compare_value(after, i),
		        compare_change(before, after, i), compare_percent(before, after));
		if (has_runs(c))
			fprintf(f, " ±%s |", short_percent(compare_noise(c, x, y)));
		fputc('\n', f);
	}
}

static void markdown_put_place(const struct comparison *c, const struct compare_place *x, FILE *f)
{
	fputs("| ", f);
	markdown_put_name(x->name, f);
	fputs(" | ", f);
	if (*x->where)
		markdown_put_name(x->where, f);
	for (unsigned i = 0; i < MEASURES; i++) {
		double before = compare_mean(c, BEFORE, &x->value[BEFORE][i]);
		double after = compare_mean(c, AFTER, &x->value[AFTER][i]);
		fprintf(f, " | %s", compare_change(before, after, i));
		if (i == MEASURE_BYTES)
			fprintf(f, " | %s", compare_percent(before, after));
	}
	fputs(" |\n", f);
}

static void compare_print_markdown(const struct comparison *c, uint32_t top, FILE *f)
{
	markdown_put_totals(c, f);
	if (c->n_shown)
		fputs("\n| place | line | allocated | % | allocations | at peak | at end |\n"
		      "|---|---|---:|---:|---:|---:|---:|\n",
		      f);
	for (uint32_t i = 0; i < c->n_shown && i < top; i++)
		markdown_put_place(c, c->places[i], f);
	fputc('\n', f);
	put_hidden(c, top, f);

	for (uint32_t i = 0; i < c->n_findings; i++) {
		fprintf(f, "%s- **%s** ", i ? "" : "\n", compare_finding_state(c->findings[i]));
		markdown_put_name(c->findings[i]->name, f);
		fputs(": ", f);
		markdown_put_name(c->findings[i]->title, f);
		fputc('\n', f);
	}
}

const struct compare_format compare_text = {"text", compare_print_text};
const struct compare_format compare_markdown = {"markdown", compare_print_markdown};
