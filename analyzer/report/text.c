/*
 * The report as a page of text: what to change first, then where the memory goes, then what is
 * missing.  A number is printed once, where it decides something.
 */
#include <stdlib.h>
#include <string.h>

#include "text_page.h"
#include "report/free_lists.h"
#include "report/report.h"
#include "util/mem.h"
#include "util/text.h"

#define TEXT_TOP 10u
#define TEXT_WHERE 4u     /* frames of a finding */
#define TEXT_FULL_RUNS 2u /* of more processes all but the first are one line each */

/* ---- head ---- */

static void put_command(const struct text_page *p)
{
	const struct trace_process *x = p->m->process;
	fprintf(p->f, "%s", text_page_bold(p));
	if (!x->argc)
		text_put(p->f, *x->exe ? text_page_file_name(x->exe) : p->m->trace->path);
	for (uint32_t i = 0; i < x->argc && i < 8; i++) {
		fputs(i ? " " : "", p->f);
		text_put(p->f, i ? x->argv[i] : text_page_file_name(x->argv[i]));
	}
	fprintf(p->f, "%s%s  (pid %u, %s, %s)\n", x->argc > 8 ? " ..." : "", text_page_plain(p),
	        x->pid, short_ns((double)p->m->duration_ns), report_end(x));
}

static void put_head(const struct text_page *p)
{
	const struct model_totals *t = &p->m->totals;
	put_command(p);
	fprintf(p->f, "  %s allocations of %s, %s freed; temporary %s\n",
	        short_count((double)t->allocs), short_bytes((double)t->allocated_bytes),
	        short_count((double)t->frees),
	        short_percent(t->allocs ? (double)t->temporary_allocs / (double)t->allocs : 0));
	fprintf(p->f, "  live at most %s in %s blocks (after %s), at the end %s in %s\n",
	        short_bytes((double)t->peak_live_bytes),
	        short_count((double)t->peak_live_bytes_blocks), short_ns((double)t->peak_ns),
	        short_bytes((double)t->live_bytes), short_count((double)t->live_blocks));
	if (t->peak_reserved_bytes || t->peak_mapped_bytes)
		fprintf(p->f,
		        "  asked from the system at most: %s by allocators, %s by the program "
		        "itself\n",
		        short_bytes((double)t->peak_reserved_bytes),
		        short_bytes((double)t->peak_mapped_bytes));
	if (model_untraced_cpu_ns(p->m))
		fprintf(p->f, "  CPU without tracing: %s\n",
		        short_ns((double)model_untraced_cpu_ns(p->m)));
}

/* ---- findings ---- */

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
	fprintf(p->f, "%s%s", *separator, with_unit(i->low, unit));
	if (i->high != i->low)
		fprintf(p->f, " to %s", with_unit(i->high, unit));
	fprintf(p->f, " %s", what);
	*separator = ", ";
}

static void put_gain(const struct text_page *p, const struct finding *x)
{
	const struct prediction *g = &x->prediction;
	const char *separator = "     saves ";
	uint64_t cpu_ns = model_untraced_cpu_ns(p->m);
	struct interval cpu = g->cpu_ms_saved;
	cpu.low *= 1e6;
	cpu.high *= 1e6;
	put_range(p, &separator, &cpu, "ns", "of CPU");
	if (cpu.present && cpu_ns)
		fprintf(p->f, " (%s to %s)", short_percent(cpu.low / (double)cpu_ns),
		        short_percent(cpu.high / (double)cpu_ns));
	put_range(p, &separator, &g->live_bytes_saved, "bytes", "at the peak");
	put_range(p, &separator, &g->allocator_calls_saved, "", "allocator calls");
	put_range(p, &separator, &g->objects_saved, "", "objects");
	if (strcmp(separator, ", ") == 0)
		fprintf(p->f, "  (%s)\n", tier_name(g->tier));
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

static void text_put_evidence(const struct text_page *p, const struct finding *x)
{
	size_t column = 0;
	for (uint32_t i = 0; i < x->n_evidence; i++) {
		const struct evidence *e = &x->evidence[i];
		char *clean = e->text ? text_clean(e->text) : NULL;
		const char *unit = e->unit ? e->unit : "";
		size_t n = strlen(e->name);
		if (!strcmp(unit, "ns") && n > 3 && !strcmp(e->name + n - 3, "_ns"))
			n -= 3;
		char *one = mem_printf("%.*s %s%s%s%s", (int)n, e->name,
		                       clean ? clean : with_unit(e->value, unit),
		                       e->threshold ? " (" : "", e->threshold ? e->threshold : "",
		                       e->threshold ? ")" : "");
		to_words(one, n);
		if (i && column + strlen(one) + 2 > TEXT_PAGE_WIDTH) {
			fputs(",\n          ", p->f);
			column = 10;
		} else {
			fputs(i ? ", " : "     why: ", p->f);
			column += i ? 2 : 10;
		}
		fputs(one, p->f);
		column += strlen(one);
		free(one);
		free(clean);
	}
	if (x->n_evidence)
		fputc('\n', p->f);
}

static void put_sketch(const struct text_page *p, const struct finding *x)
{
	char *clean = text_clean_lines(x->sketch), *rest = clean, *line;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (rest || *line)
			fprintf(p->f, "       | %s\n", line);
	free(clean);
}

static void text_put_finding(const struct text_page *p, const struct finding *x)
{
	char verdict[8];
	size_t n = strlen(verdict_name(x->verdict));
	for (size_t i = 0; i <= n; i++)
		verdict[i] = (char)(verdict_name(x->verdict)[i] & ~0x20);
	fprintf(p->f, "\n%s #%-2u %s %s:%s ", text_page_bold(p), x->id, verdict, x->kind,
	        text_page_plain(p));
	text_put(p->f, x->title ? x->title : "");
	fputc('\n', p->f);
	text_put_where(p, x);
	put_gain(p, x);
	text_put_evidence(p, x);
	if (x->advice)
		text_page_paragraph(p, 5, x->advice);
	if (x->prediction.assumes) {
		char *text = mem_printf("not counted in: %s", x->prediction.assumes);
		text_page_paragraph(p, 5, text);
		free(text);
	}
	if (x->sketch && x->verdict <= VERDICT_MINOR)
		put_sketch(p, x);
}

/* Small gains in one line each, below the others. */
static void put_minor(const struct text_page *p, const struct finding *x)
{
	fprintf(p->f, " #%-2u minor %s: ", x->id, x->kind);
	text_put(p->f, x->title ? x->title : "");
	fputc('\n', p->f);
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

static void put_findings(const struct text_page *p, const struct findings *f)
{
	bool after_minor = false;
	text_page_heading(p, "FINDINGS");
	for (uint32_t i = 0; i < f->n; i++) {
		bool minor = f->list[i]->verdict == VERDICT_MINOR;
		if (minor && !after_minor)
			fputc('\n', p->f);
		after_minor = minor;
		if (minor)
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

/* ---- Python ---- */

static void put_free_lists(const struct text_page *p)
{
	const char *const *names = free_lists_of(p->m->process->python);
	if (!*names)
		return;
	fprintf(p->f,
	        "  CPython 3.%u keeps dead ones of these for itself, so most that are made and\n"
	        "  dropped are not seen:",
	        p->m->process->python >> 8 & 0xff);
	for (; *names; names++)
		fprintf(p->f, " %s%s", *names, names[1] ? "," : "\n");
}

static void text_put_classes(const struct text_page *p)
{
	uint32_t n = p->m->n_classes < p->top ? p->m->n_classes : p->top;
	if (!n)
		return;
	text_page_heading(p, "PYTHON CLASSES  built / live at most / freed / by the collector");
	for (uint32_t i = 0; i < n; i++) {
		const struct class_stats *c = &p->m->classes[i];
		fprintf(p->f, "  %9s %9s %9s %9s  ", short_count((double)c->built),
		        short_count((double)c->peak_live), short_count((double)c->freed),
		        short_count((double)c->freed_in_gc));
		if (*c->module && strcmp(c->module, "builtins")) {
			text_put(p->f, c->module);
			fputc('.', p->f);
		}
		text_put(p->f, c->name);
		fputc('\n', p->f);
	}
	if (p->m->n_classes > n)
		fprintf(p->f, "  [other: %u classes]\n", p->m->n_classes - n);
	put_free_lists(p);
}

static void text_put_gc(const struct text_page *p)
{
	const struct model_totals *t = &p->m->totals;
	if (!t->gc_pause.total)
		return;
	text_page_heading(p, "COLLECTIONS  generation / runs / objects collected / time");
	for (unsigned i = 0; i < 3; i++)
		fprintf(p->f, "  %9u %9s %9s %9s\n", i, short_count((double)t->gc_collections[i]),
		        short_count((double)t->gc_collected[i]),
		        short_ns((double)t->gc_pause_ns[i]));
	fprintf(p->f, "  longest %s, median %s\n", short_ns((double)t->gc_pause.max),
	        short_ns((double)hist_quantile(&t->gc_pause, 0.5)));
}

/* ---- health ---- */

static void put_count_if(const struct text_page *p, uint64_t n, const char *what)
{
	if (n)
		fprintf(p->f, "  %s %s\n", full_count(n), what);
}

static void put_damage(const struct text_page *p)
{
	const struct trace_health *h = &p->m->trace->health;
	if (!h->damaged_chunks)
		return;
	fprintf(p->f, "  %llu damaged parts, the first at offset %llu: %s; %s could not be read\n",
	        (unsigned long long)h->damaged_chunks, (unsigned long long)h->first_damage_offset,
	        h->first_damage, short_bytes((double)h->unread_bytes));
}

static void text_put_modules(const struct text_page *p)
{
	for (uint32_t i = 1; i < p->m->trace->n_modules; i++) {
		const char *trouble = report_module_trouble(p->m, i);
		if (!trouble || !*p->m->trace->modules[i].path)
			continue;
		fputs("  no names of ", p->f);
		text_put(p->f, p->m->trace->modules[i].path);
		fprintf(p->f, ": %s\n", trouble);
	}
}

static void put_notes(const struct text_page *p)
{
	const struct trace_process *x = p->m->process;
	for (uint32_t i = 0; i < p->m->trace->n_notes; i++) {
		fputs("  ", p->f);
		text_put(p->f, p->m->trace->notes[i]);
		fputc('\n', p->f);
	}
	if (*x->python_warning) {
		fputs("  ", p->f);
		text_put(p->f, x->python_warning);
		fputc('\n', p->f);
	}
	if (report_unwritten(x))
		fprintf(p->f, "  %s\n", report_unwritten(x));
	if (report_no_census(p->m))
		text_page_paragraph(p, 2, report_no_census(p->m));
	if (x->stop_reason)
		fprintf(p->f,
		        "  recording stopped after %s: %s; what was allocated later is not in it, "
		        "and what is live\n"
		        "  may have been freed\n",
		        short_ns((double)x->stop_ns), report_stop_reason(x->stop_reason));
}

static void put_health(const struct text_page *p)
{
	const struct model *m = p->m;
	const struct model_health *h = &m->health;
	const struct model_totals *t = &m->totals;
	text_page_heading(p, "HEALTH");
	fprintf(p->f, "  balance: %s allocated - %s freed = %s live; sums of %s sites agree\n",
	        full_count(t->allocs), full_count(t->frees), full_count(t->live_blocks),
	        full_count(m->n_sites));
	fprintf(p->f, "  %s events read, %s lost%s\n", full_count(h->events),
	        full_count(h->lost_events), h->complete ? ", complete" : "");
	put_damage(p);
	put_count_if(p, h->unmatched_frees,
	             m->process->parent_start_ns
	                     ? "frees of blocks that are not known, or from before the fork"
	                     : "frees of unknown blocks");
	put_count_if(p, h->double_allocs, "blocks replaced without a free");
	put_count_if(p, h->undone_reallocs, "reallocs that failed");
	put_count_if(p, h->truncated_stacks, "events with an incomplete stack");
	put_count_if(p, h->unknown_stacks, "allocations without a stack");
	put_count_if(p, m->process->failed_allocs, "allocations that the program was refused");
	put_notes(p);
	text_put_modules(p);
}

/* ---- all ---- */

static void text_put_run(const struct report_run *r, const struct report_options *o)
{
	struct text_page p = {
		.f = o->out, .o = o, .m = r->model, .top = o->top ? o->top : TEXT_TOP};
	put_head(&p);
	put_findings(&p, &r->findings);
	text_page_sites(&p);
	text_put_classes(&p);
	text_put_gc(&p);
	put_health(&p);
}

static void put_together(const struct report_run *runs, uint32_t n, FILE *f)
{
	double allocs = 0, bytes = 0, live = 0;
	uint64_t lost = 0;
	for (uint32_t i = 0; i < n; i++) {
		allocs += (double)runs[i].model->totals.allocs;
		bytes += (double)runs[i].model->totals.allocated_bytes;
		live += (double)runs[i].model->totals.live_bytes;
		lost += runs[i].model->health.lost_events;
	}
	fprintf(f,
	        "%u processes together: %s allocations of %s, %s live at their ends, %s events "
	        "lost\n\n",
	        n, short_count(allocs), short_bytes(bytes), short_bytes(live), full_count(lost));
}

/* Further processes in a line each: their reports are one command away. */
static void put_brief(const struct report_run *runs, uint32_t n, FILE *f)
{
	fputs("\nOTHER PROCESSES  pid / allocations / live at most / at the end / findings / "
	      "trace\n",
	      f);
	for (uint32_t i = 0; i < n; i++) {
		const struct model *m = runs[i].model;
		uint32_t n_findings = 0;
		for (uint32_t k = 0; k < runs[i].findings.n; k++)
			n_findings += runs[i].findings.list[k]->verdict <= VERDICT_MINOR;
		fprintf(f, "  %9u %9s %10s %10s %4u  ", m->process->pid,
		        short_count((double)m->totals.allocs),
		        short_bytes((double)m->totals.peak_live_bytes),
		        short_bytes((double)m->totals.live_bytes), n_findings);
		text_put(f, m->trace->path);
		fputs(m->health.complete ? "\n" : "  (incomplete)\n", f);
	}
}

static void text_print(const struct report_run *runs, uint32_t n_runs,
                       const struct report_options *o)
{
	bool brief = n_runs > TEXT_FULL_RUNS;
	if (n_runs > 1)
		put_together(runs, n_runs, o->out);
	for (uint32_t i = 0; i < (brief ? 1 : n_runs); i++) {
		if (i)
			fputs("\n----\n\n", o->out);
		text_put_run(&runs[i], o);
	}
	if (brief)
		put_brief(runs + 1, n_runs - 1, o->out);
}

const struct report_format report_text = {"text", text_print};
