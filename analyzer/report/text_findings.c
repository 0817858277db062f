/* Findings in the text report: what to change, what that saves, and on what tier. */
#include <stdlib.h>
#include <string.h>

#include "text_page.h"
#include "util/mem.h"
#include "util/text.h"

#define TEXT_WHERE 4u /* frames of a finding */
#define TEXT_FACTS 3u /* of a finding's evidence, unless all is asked for */

static const char *with_unit(double v, const char *unit)
{
	static char text[4][64];
	static unsigned next;
	char *s = text[next++ % 4];

	if (!strcmp(unit, "bytes"))
		return short_bytes(v);
	if (!strcmp(unit, "ns"))
		return short_ns(v);
	if (!strcmp(unit, "share"))
		return short_percent(v);
	if (v > -1e15 && v < 1e15 && v == (double)(long long)v && (v >= 0 ? v : -v) < 1e6)
		snprintf(s, sizeof text[0], "%lld%s%s", (long long)v, *unit ? " " : "", unit);
	else if (v > -1000 && v < 1000)
		snprintf(s, sizeof text[0], "%.3g%s%s", v, *unit ? " " : "", unit);
	else
		snprintf(s, sizeof text[0], "%s%s%s", short_count(v), *unit ? " " : "", unit);

	return s;
}

static void put_range(const struct text_page *p, const char **separator, const struct interval *i,
                      const char *unit, const char *what)
{
	if (!i->present)
		return;
	const char *low = with_unit(i->low, unit), *high = with_unit(i->high, unit);
	fprintf(p->f, "%s%s", *separator, low);
	if (strcmp(low, high))
		fprintf(p->f, " to %s", high);
	fprintf(p->f, " %s", what);
	*separator = ", ";
}

static void put_share(const struct text_page *p, double low, double high)
{
	const char *from = short_percent(low), *to = short_percent(high);
	fprintf(p->f,
	        strcmp(from, to) ? " (%s to %s of the CPU time without tracing)"
	                         : " (%s of the CPU time without tracing)",
	        from, to);
}

static void put_gain_line(const struct text_page *p, const struct finding *x)
{
	const struct prediction *g = &x->prediction;
	const char *separator = "saves ";
	uint64_t cpu_ns = model_untraced_cpu_ns(p->m);
	struct interval cpu = g->cpu_ms_saved;

	cpu.low *= 1e6;
	cpu.high *= 1e6;
	put_range(p, &separator, &cpu, "ns", "of CPU");
	if (cpu.present && cpu_ns)
		put_share(p, cpu.low / (double)cpu_ns, cpu.high / (double)cpu_ns);
	bool costs = g->live_bytes_saved.present && g->live_bytes_saved.high < 0;
	if (!costs)
		put_range(p, &separator, &g->live_bytes_saved, "bytes", "at the peak");
	put_range(p, &separator, &g->allocator_calls_saved, "", "allocator calls");
	put_range(p, &separator, &g->objects_saved, "", "objects");
	if (costs) {
		struct interval more = {true, -g->live_bytes_saved.high, -g->live_bytes_saved.low};
		separator = strcmp(separator, ", ") ? "costs " : "; costs ";
		put_range(p, &separator, &more, "bytes", "more at the peak");
	}

	if (strcmp(separator, ", ") == 0)
		fprintf(p->f, "  (%s%s)", tier_name(g->tier), x->borderline ? ", borderline" : "");
}

/* What it saves and costs, in lines of the page's width; nothing where nothing is predicted. */
static void put_gain(const struct text_page *p, const struct finding *x)
{
	char *line = NULL;
	size_t n;
	struct text_page into = *p;

	into.f = open_memstream(&line, &n);
	if (!into.f)
		return;
	put_gain_line(&into, x);
	fclose(into.f);

	if (n) {
		fputs("     ", p->f);
		text_page_hanging(p, 5, 7, line);
	}
	free(line);
}

/* Of a Python place the Python frames: the interpreter's own between them tell nothing. */
static void text_put_where(const struct text_page *p, const struct finding *x)
{
	if (!x->n_sites)
		return;
	struct stack_view v = model_site_stack(p->m, &p->m->sites[x->sites[0]]);
	uint32_t n = x->n_where && x->n_where < TEXT_WHERE ? x->n_where : TEXT_WHERE;
	bool python = v.frames[v.named]->language == LANGUAGE_PYTHON;

	for (uint32_t i = v.named; i < v.n && n; i++) {
		if (python && v.frames[i]->language != LANGUAGE_PYTHON)
			continue;
		fprintf(p->f, "     %s ", i == v.named ? "at" : "by");
		text_page_frame(p, v.frames[i]);
		fputc('\n', p->f);
		n--;
	}
}

/* An evidence's name for the reader. */
static void to_words(char *name, size_t n)
{
	for (char *c = name; c < name + n; c++)
		if (*c == '_')
			*c = ' ';
}

/* "name value (threshold)". */
static void write_evidence(FILE *f, const struct evidence *e)
{
	const char *unit = e->unit ? e->unit : "";
	size_t n = strlen(e->name);

	if (!strcmp(unit, "ns") && n > 3 && !strcmp(e->name + n - 3, "_ns"))
		n -= 3;
	char *one = mem_printf("%.*s %s%s%s%s", (int)n, e->name,
	                       e->text ? e->text : with_unit(e->value, unit),
	                       e->threshold ? " (" : "", e->threshold ? e->threshold : "",
	                       e->threshold ? ")" : "");
	to_words(one, n);
	fputs(one, f);
	free(one);
}

static void text_put_evidence(const struct text_page *p, const struct finding *x, uint32_t n_facts)
{
	uint32_t n_shown = n_facts < x->n_evidence ? n_facts : x->n_evidence;
	char *line = NULL;
	size_t n;
	FILE *f = n_shown ? open_memstream(&line, &n) : NULL;

	if (!f)
		return;
	for (uint32_t i = 0; i < n_shown; i++) {
		fputs(i ? ", " : "     why: ", f);
		write_evidence(f, &x->evidence[i]);
	}
	fclose(f);

	text_page_hanging(p, 0, 10, line);
	free(line);
}

static void put_sketch(const struct text_page *p, const struct finding *x)
{
	char *clean = text_clean_lines(x->sketch), *rest = clean, *line;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (rest || *line)
			fprintf(p->f, "       | %s\n", line);
	free(clean);
}

/* Begins at the second column. */
static void put_title(const struct text_page *p, const struct finding *x, const char *word)
{
	int n = fprintf(p->f, "%s#%u %s %s:%s ", text_page_bold(p), x->id, word, x->kind,
	                text_page_plain(p));
	size_t marks = strlen(text_page_bold(p)) + strlen(text_page_plain(p));
	char *title = mem_printf("%s  [%s]", x->title ? x->title : "", x->key);

	text_page_hanging(p, 1 + (unsigned)n - (unsigned)marks, 4, title);
	free(title);
}

static void put_verdict(const struct text_page *p, const struct finding *x)
{
	char word[8];
	size_t n = strlen(verdict_name(x->verdict));
	for (size_t i = 0; i <= n; i++)
		word[i] = (char)(verdict_name(x->verdict)[i] & ~0x20);
	fputs("\n ", p->f);
	put_title(p, x, word);
	text_put_where(p, x);
	put_gain(p, x);
}

/* Everything that is known of a finding. */
static void put_whole_finding(const struct text_page *p, const struct finding *x)
{
	put_verdict(p, x);
	text_put_evidence(p, x, UINT32_MAX);
	if (x->advice)
		text_page_paragraph(p, 5, x->advice);
	if (x->prediction.assumes) {
		char *text = mem_printf("note: %s", x->prediction.assumes);
		text_page_paragraph(p, 5, text);
		free(text);
	}
	if (x->sketch)
		put_sketch(p, x);
}

/* The facts that decide, and what to do; the rest is one command away. */
static void text_put_finding(const struct text_page *p, const struct finding *x)
{
	put_verdict(p, x);
	text_put_evidence(p, x, TEXT_FACTS);
	if (x->advice)
		text_page_paragraph(p, 5, x->advice);
}

/* A small gain: what it saves, and how to see the rest. */
static void put_minor(const struct text_page *p, const struct finding *x)
{
	fputc(' ', p->f);
	put_title(p, x, "minor");
	put_gain(p, x);
}

/* Gains of several findings overlap: they were replayed at once, not added up. */
static void put_all_gains(const struct text_page *p, const struct findings *f)
{
	if (!f->n_together)
		return;
	struct finding all = {.prediction = f->together};
	fprintf(p->f, "\n  The %u findings with replayed gains, together:\n", f->n_together);
	put_gain(p, &all);
}

void text_page_findings(const struct text_page *p, const struct findings *f)
{
	bool after_minor = false;

	text_page_heading(p, "FINDINGS");
	for (uint32_t i = 0; i < f->n; i++) {
		bool minor = f->list[i]->verdict == VERDICT_MINOR;
		if (minor && !after_minor)
			fputc('\n', p->f);
		after_minor = minor;
		if (p->o->all)
			put_whole_finding(p, f->list[i]);
		else if (minor)
			put_minor(p, f->list[i]);
		else
			text_put_finding(p, f->list[i]);
	}

	if (f->nothing) {
		char *text = mem_printf("%s.", f->nothing);
		text_page_paragraph(p, 2, text);
		free(text);
	} else if (!f->n) {
		fputs("  Nothing to advise.\n", p->f);
	}

	put_all_gains(p, f);
}

bool text_page_one_finding(const struct text_page *p, const struct findings *f, const char *id)
{
	for (uint32_t i = 0; i < f->n; i++) {
		char number[16];
		snprintf(number, sizeof number, "%u", f->list[i]->id);
		if (strcmp(f->list[i]->key, id) && strcmp(number, id))
			continue;
		put_whole_finding(p, f->list[i]);
		return true;
	}
	return false;
}
