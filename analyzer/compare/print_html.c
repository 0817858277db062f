/* A comparison as one HTML page without scripts: nothing is loaded, every name is text. */
#include "compare/compare.h"
#include "util/text.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	"'unsafe-inline'\">\n"
	"<title>pooltrace diff</title><style>\n"
	":root { color-scheme: light dark }\n"
	"body { font: 14px system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 "
	"1em }\n"
	"table { border-collapse: collapse; margin: 1em 0 }\n"
	"th, td { padding: .25em .7em; text-align: right; border-bottom: 1px solid #8885 }\n"
	"th:first-child, td:first-child, .text { text-align: left }\n"
	"code { font: 13px ui-monospace, monospace }\n"
	".more { color: light-dark(#a3140f, #ff8a80) } .less { color: light-dark(#0a6b2d, #7ddb9a) "
	"}\n"
	"</style></head><body>\n<h1>pooltrace diff</h1>\n";

static void put_cell(double before, double after, const char *text, FILE *f)
{
	fprintf(f, "<td%s>%s</td>",
	        after > before   ? " class=\"more\""
	        : after < before ? " class=\"less\""
	                         : "",
	        text);
}

static void html_put_total(const struct comparison *c, unsigned i, FILE *f)
{
	const struct spread *x = &c->total[BEFORE][i], *y = &c->total[AFTER][i];
	double before = compare_mean(c, BEFORE, x), after = compare_mean(c, AFTER, y);

	fprintf(f, "<tr><td>%s</td><td>%s</td><td>%s</td>", compare_total_name(i),
	        compare_value(before, i), compare_value(after, i));
	put_cell(before, after, compare_change(before, after, i), f);
	put_cell(before, after, compare_percent(before, after), f);
	fprintf(f, "<td>±%s</td></tr>\n", short_percent(compare_noise(c, x, y)));
}

static void html_put_place(const struct comparison *c, const struct compare_place *x, FILE *f)
{
	fputs("<tr><td><code>", f);
	text_put_markup(f, x->name);
	fputs("</code></td><td class=\"text\"><code>", f);
	text_put_markup(f, x->where);
	fputs("</code></td>", f);

	for (unsigned i = 0; i < MEASURES; i++) {
		double before = compare_mean(c, BEFORE, &x->value[BEFORE][i]);
		double after = compare_mean(c, AFTER, &x->value[AFTER][i]);
		put_cell(before, after, compare_change(before, after, i), f);
		if (i == MEASURE_BYTES)
			put_cell(before, after, compare_percent(before, after), f);
	}
	fputs("</tr>\n", f);
}

static void html_put_places(const struct comparison *c, uint32_t top, FILE *f)
{
	fputs("<h2>Places</h2>\n<table><tr><th>place</th><th class=\"text\">line</th>"
	      "<th>allocated</th><th>%</th><th>allocations</th><th>at peak</th><th>at "
	      "end</th></tr>\n",
	      f);
	for (uint32_t i = 0; i < c->n_shown && i < top; i++)
		html_put_place(c, c->places[i], f);
	fprintf(f,
	        "</table>\n<p>%u changed places, of which %u are shown; %u within the noise of the "
	        "runs; %u pairs with the same numbers under another name.</p>\n",
	        c->n_shown, c->n_shown < top ? c->n_shown : top, c->n_noise, c->n_pairs);
}

static void html_put_findings(const struct comparison *c, FILE *f)
{
	if (c->n_findings)
		fputs("<h2>Findings</h2>\n<ul>\n", f);
	for (uint32_t i = 0; i < c->n_findings; i++) {
		fprintf(f, "<li><b>%s</b> <code>", compare_finding_state(c->findings[i]));
		text_put_markup(f, c->findings[i]->name);
		fputs("</code>: ", f);
		text_put_markup(f, c->findings[i]->title);
		fputs("</li>\n", f);
	}
	if (c->n_findings)
		fputs("</ul>\n", f);
}

static void compare_print_html(const struct comparison *c, uint32_t top, FILE *f)
{
	fputs(head, f);
	fprintf(f,
	        "<p>%u run%s before, %u after; ± is half the range of the runs of one side.</p>\n"
	        "<table><tr><th></th><th>before</th><th>after</th><th>change</th><th>%%</th>"
	        "<th>noise</th></tr>\n",
	        c->n_runs[BEFORE], c->n_runs[BEFORE] == 1 ? "" : "s", c->n_runs[AFTER]);
	for (unsigned i = 0; i < TOTALS; i++)
		if (i != TOTAL_CPU || c->n_cpu_known == c->n_runs[BEFORE] + c->n_runs[AFTER])
			html_put_total(c, i, f);
	fputs("</table>\n", f);
	html_put_places(c, top, f);
	html_put_findings(c, f);
	fputs("</body></html>\n", f);
}

const struct compare_format compare_html = {"html", compare_print_html};
