/*
 * The report as a page of text: what to change first, then where the memory goes, then what is
 * missing.  A number is printed once, where it decides something.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "programs.h"
#include "text_page.h"
#include "report/free_lists.h"
#include "report/report.h"
#include "util/mem.h"
#include "util/text.h"

#define TEXT_TOP 10u
#define SPARK_WIDTH 24u

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

/* Live bytes over time, in characters; to be freed. */
static char *sparkline(const struct text_page *p)
{
	static const char *const blocks[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
	                                     "\u2585", "\u2586", "\u2587", "\u2588"};
	static const char *const ascii[] = {" ", "_", ".", "-", "=", "+", "*", "#", "@"};
	uint32_t n = p->m->n_timeline, columns = n < SPARK_WIDTH ? n : SPARK_WIDTH;
	uint64_t most = p->m->totals.peak_live_bytes;
	char *line = mem_zalloc(SPARK_WIDTH * 3 + 1, 1);

	for (uint32_t i = 0; most && i < columns; i++) {
		uint64_t high = 0;
		for (uint32_t k = i * n / columns; k < (i + 1) * n / columns; k++)
			if (p->m->timeline[k].live_bytes > high)
				high = p->m->timeline[k].live_bytes;
		unsigned level = (unsigned)((double)high * 8 / (double)most + 0.5);
		level = level > 8 ? 8 : level;
		strcat(line, p->o->unicode ? blocks[level] : ascii[level]);
	}

	return line;
}

__attribute__((format(printf, 2, 3))) static void put_line(const struct text_page *p,
                                                           const char *fmt, ...)
{
	char text[512];
	va_list list;
	va_start(list, fmt);
	vsnprintf(text, sizeof text, fmt, list);
	va_end(list);
	text_page_paragraph(p, 2, text);
}

static void put_system(const struct text_page *p)
{
	const struct model_totals *t = &p->m->totals;
	const struct trace_process *x = p->m->process;
	if (x->has_run && x->run.peak_rss_bytes)
		put_line(p, "resident   at most %s (the whole process, while traced)",
		         short_bytes((double)x->run.peak_rss_bytes));
	if (t->peak_reserved_bytes || t->peak_mapped_bytes)
		put_line(p,
		         "system     at most %s reserved by allocators, %s mapped by the program",
		         short_bytes((double)t->peak_reserved_bytes),
		         short_bytes((double)t->peak_mapped_bytes));
}

static void put_head(const struct text_page *p)
{
	const struct model_totals *t = &p->m->totals;
	char *line = sparkline(p);

	put_command(p);
	put_line(p, "live       %s  at most %s in %s after %s, at the end %s in %s", line,
	         short_bytes((double)t->peak_live_bytes),
	         text_page_many(t->peak_live_bytes_blocks, "block"), short_ns((double)t->peak_ns),
	         short_bytes((double)t->live_bytes), text_page_many(t->live_blocks, "block"));
	put_line(p, "allocated  %s in %s, %s temporary", short_bytes((double)t->allocated_bytes),
	         text_page_many(t->allocs, "allocation"),
	         short_percent(t->allocs ? (double)t->temporary_allocs / (double)t->allocs : 0));
	text_page_mark_line(p, SPARK_WIDTH);
	put_system(p);
	if (model_untraced_cpu_ns(p->m))
		put_line(p, "CPU        %s without tracing",
		         short_ns((double)model_untraced_cpu_ns(p->m)));

	free(line);
}

/* ---- Python ---- */

static void put_free_lists(const struct text_page *p)
{
	const char *const *names = free_lists_of(p->m->process->python);
	if (!*names)
		return;
	char *text = mem_printf("CPython 3.%u keeps dead ones of these for itself, so most that "
	                        "are made and dropped are not seen:",
	                        p->m->process->python >> 8 & 0xff);
	for (; *names; names++) {
		char *more = mem_printf("%s %s%s", text, *names, names[1] ? "," : "");

		free(text);
		text = more;
	}
	text_page_paragraph(p, 2, text);
	free(text);
}

static void text_put_classes(const struct text_page *p)
{
	uint32_t n = p->m->n_classes < p->top ? p->m->n_classes : p->top;

	if (!n)
		return;
	text_page_heading(p, "PYTHON CLASSES  built / peak / freed / by the collector");
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
	size_t word = strcspn(what, " ");
	if (n == 1) /* "1 event", not "1 events" */
		fprintf(p->f, "  1 %.*s%s\n", (int)(word - (what[word - 1] == 's')), what,
		        what + word);
	else if (n)
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

	if (report_untraced(x))
		text_page_paragraph(p, 2, report_untraced(x));
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

static bool is_healthy(const struct model *m)
{
	const struct model_health *h = &m->health;
	return h->complete && !h->unmatched_frees && !h->double_allocs && !h->undone_reallocs &&
	       !h->truncated_stacks && !h->unknown_stacks && !m->process->failed_allocs &&
	       !m->trace->health.damaged_chunks;
}

static void put_balance(const struct text_page *p)
{
	const struct model_totals *t = &p->m->totals;
	put_line(p, "%s%s events read, %s lost; %s allocated - %s freed = %s live",
	         p->m->health.complete ? "complete: " : "", full_count(p->m->health.events),
	         full_count(p->m->health.lost_events), full_count(t->allocs), full_count(t->frees),
	         full_count(t->live_blocks));
}

static void put_health(const struct text_page *p)
{
	const struct model *m = p->m;
	const struct model_health *h = &m->health;

	text_page_heading(p, "HEALTH");
	put_balance(p);
	if (!is_healthy(m)) {
		put_damage(p);
		put_count_if(p, h->unmatched_frees,
		             m->process->parent_start_ns
		                     ? "frees of blocks that are not known, or from before the fork"
		                     : "frees of unknown blocks");
		put_count_if(p, h->double_allocs, "blocks replaced without a free");
		put_count_if(p, h->undone_reallocs, "reallocs that failed");
		put_count_if(p, h->truncated_stacks, "events with an incomplete stack");
		put_count_if(p, h->unknown_stacks, "allocations without a stack");
		put_count_if(p, m->process->failed_allocs,
		             "allocations that the program was refused");
	}

	put_notes(p);
	text_put_modules(p);
}

/* ---- all ---- */

static void put_command_to_try(const struct text_page *p, const char *command, const char *what)
{
	fprintf(p->f, "  pooltrace report %s ", command);
	text_put(p->f, text_page_file_name(p->m->trace->path));
	if (p->width >= 80)
		fprintf(p->f, "   %s", what);
	fputc('\n', p->f);
}

/* What a reader does next, as commands to paste. */
static void put_next(const struct text_page *p, const struct findings *f)
{
	text_page_heading(p, "NEXT");
	if (f->n) {
		char *command = mem_printf("--finding %s", f->list[0]->key);
		put_command_to_try(p, command, "all evidence, and a sketch");
		free(command);
	}
	put_command_to_try(p, "--format html -o report.html", "the same to click through");
	put_command_to_try(p, "--callers", "who leads to the biggest places");
}

static struct text_page text_page_of(const struct report_run *r, const struct report_options *o)
{
	return (struct text_page){.f = o->out,
	                          .o = o,
	                          .m = r->model,
	                          .top = o->top ? o->top : TEXT_TOP,
	                          .width = o->width ? o->width : TEXT_PAGE_WIDTH};
}

static void put_one_finding(const struct text_page *p, const struct findings *f)
{
	if (text_page_one_finding(p, f, p->o->finding))
		return;
	fprintf(p->f, "  no finding '");
	text_put(p->f, p->o->finding);
	fputs("'; there are:\n", p->f);
	for (uint32_t i = 0; i < f->n; i++) {
		fprintf(p->f, "  %s  #%u %s: ", f->list[i]->key, f->list[i]->id, f->list[i]->kind);
		text_put(p->f, f->list[i]->title ? f->list[i]->title : "");
		fputc('\n', p->f);
	}
}

static void text_put_run(const struct report_run *r, const struct report_options *o)
{
	struct text_page p = text_page_of(r, o);

	put_head(&p);
	if (o->finding) {
		put_one_finding(&p, &r->findings);
		return;
	}

	text_page_findings(&p, &r->findings);
	if (o->tree || o->callers)
		text_page_tree(&p, o->callers);
	else
		text_page_places(&p);

	text_page_announced(&p);
	text_put_classes(&p);
	text_page_heap(&p);
	text_put_gc(&p);
	put_health(&p);
	put_next(&p, &r->findings);
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

/* The program that was started is a wrapper of the one that does the work. */
static void put_asked_for(const struct report_options *o)
{
	const struct trace_process *x = o->asked_for;
	fputs("The process with the largest trace comes first; started was ", o->out);
	text_put(o->out, *x->exe ? text_page_file_name(x->exe) : "?");
	fprintf(o->out, " (pid %u), see --per-process and --alone.\n\n", x->pid);
}

static void text_print(const struct report_run *runs, uint32_t n_runs,
                       const struct report_options *o)
{
	bool brief = n_runs > REPORT_FULL_RUNS;

	if (n_runs > 1)
		put_together(runs, n_runs, o->out);
	if (o->asked_for)
		put_asked_for(o);
	for (uint32_t i = 0; i < (brief ? 1 : n_runs); i++) {
		if (i)
			fputs("\n----\n\n", o->out);
		text_put_run(&runs[i], o);
	}

	if (brief && o->programs)
		programs_put(o->programs, o->out, o->top ? o->top : TEXT_TOP);
	if (brief && (o->per_process || !o->programs))
		put_brief(runs + 1, n_runs - 1, o->out);
}

const struct report_format report_text = {"text", false, true, text_print};
