/*
 * The lists of sites in the text report.  What is not in a list is summed up below it, so that columns
 * add up to the totals.
 */
#include <stdlib.h>
#include <string.h>

#include "text_page.h"
#include "util/text.h"

static void put_site_name(const struct text_page *p, const struct site *s)
{
	text_page_frame(p, model_site_name(p->m, s));
	if (s->class_id) {
		fputs("  ", p->f);
		text_put(p->f, trace_class(p->m->trace, s->class_id)->name);
	}
}

static void row_live(const struct text_page *p, const struct site *s)
{
	fprintf(p->f, "  %10s %9s blocks  %9s allocs  ", short_bytes((double)s->live_bytes),
	        short_count((double)s->live_blocks), short_count((double)s->allocs));
}

static void row_peak(const struct text_page *p, const struct site *s)
{
	fprintf(p->f, "  %10s %9s blocks  own %10s  ", short_bytes((double)s->at_peak_bytes),
	        short_count((double)s->at_peak_blocks), short_bytes((double)s->peak_live_bytes));
}

static void row_churn(const struct text_page *p, const struct site *s)
{
	fprintf(p->f, "  %9s/s %9s allocs  peak %7s  life %8s  ",
	        short_bytes(report_per_second(p->m, s->allocated_bytes)),
	        short_count((double)s->allocs), short_count((double)s->peak_live_blocks),
	        s->frees ? short_ns((double)hist_quantile(&s->lifetime_ns, 0.5)) : "-");
}

static void put_rest(const struct text_page *p, enum report_order order, const struct site *rest,
                     uint32_t n)
{
	if (order == ORDER_LIVE)
		row_live(p, rest);
	else if (order == ORDER_PEAK)
		fprintf(p->f, "  %10s %9s blocks                   ",
		        short_bytes((double)rest->at_peak_bytes),
		        short_count((double)rest->at_peak_blocks));
	else
		fprintf(p->f, "  %9s/s %9s allocs                               ",
		        short_bytes(report_per_second(p->m, rest->allocated_bytes)),
		        short_count((double)rest->allocs));
	fprintf(p->f, "[other: %u sites]\n", n);
}

static void add_site(struct site *sum, const struct site *s)
{
	sum->live_bytes += s->live_bytes;
	sum->live_blocks += s->live_blocks;
	sum->allocs += s->allocs;
	sum->allocated_bytes += s->allocated_bytes;
	sum->at_peak_bytes += s->at_peak_bytes;
	sum->at_peak_blocks += s->at_peak_blocks;
}

/* The next frame towards the root that tells anything: above Python code, Python's alone. */
static const struct symbol *next_caller(const struct stack_view *v, uint32_t *i)
{
	bool python = v->frames[v->named]->language == LANGUAGE_PYTHON;
	while (++*i < v->n)
		if (!python || v->frames[*i]->language == LANGUAGE_PYTHON)
			return v->frames[*i];
	return NULL;
}

static bool same_place(const struct symbol *a, const struct symbol *b)
{
	return a->line == b->line && !strcmp(a->function, b->function) && !strcmp(a->file, b->file);
}

/* The first frame from the name towards the root in which S is not T; how far up it is. */
static const struct symbol *other_caller(const struct stack_view *s, const struct stack_view *t,
                                         uint32_t *distance)
{
	uint32_t i = s->named, k = t->named;
	const struct symbol *a, *b;
	*distance = 0;
	do {
		a = next_caller(s, &i);
		b = next_caller(t, &k);
		++*distance;
	} while (a && b && same_place(a, b));
	return a;
}

/* The same towards the leaf: what was called there. */
static const struct symbol *other_callee(const struct stack_view *s, const struct stack_view *t)
{
	for (uint32_t i = s->named, k = t->named; i-- && k--;)
		if (!same_place(s->frames[i], t->frames[k]))
			return s->frames[i];
	return NULL;
}

/* Of several rows of one name each says how its stack differs from that of the row most like it. */
static void put_difference(const struct text_page *p, const struct site *const *shown, uint32_t n,
                           uint32_t row)
{
	struct stack_view v = model_site_stack(p->m, shown[row]);
	const struct symbol *caller = NULL, *callee = NULL;
	uint32_t best = 0, distance;
	for (uint32_t i = 0; i < n; i++) {
		struct stack_view w = model_site_stack(p->m, shown[i]);
		if (i == row || shown[i]->class_id != shown[row]->class_id ||
		    !same_place(v.frames[v.named], w.frames[w.named]))
			continue;
		const struct symbol *x = other_caller(&v, &w, &distance);
		if (x && distance > best) {
			caller = x;
			best = distance;
		} else if (!x && !callee) {
			callee = other_callee(&v, &w);
		}
	}
	if (!caller && !callee)
		return;
	fputs(caller ? best == 1 ? "  by " : "  .. by " : "  in ", p->f);
	text_page_frame(p, caller ? caller : callee);
}

/* Sites that have nothing of what a list is about are not in it. */
static uint32_t n_telling(const struct site *const *sorted, uint32_t n, enum report_order order)
{
	uint32_t i = 0;
	while (i < n && (order == ORDER_CHURN || (order == ORDER_LIVE ? sorted[i]->live_blocks
	                                                              : sorted[i]->at_peak_blocks)))
		i++;
	return i;
}

static void text_page_sites_put_sites(const struct text_page *p, const char *title,
                                      enum report_order order,
                                      void (*row)(const struct text_page *p, const struct site *s))
{
	const struct site **sorted = report_sorted_sites(p->m, order);
	struct site rest = {0};
	uint32_t n = p->m->n_sites, shown = n_telling(sorted, n < p->top ? n : p->top, order);
	text_page_heading(p, title);
	for (uint32_t i = 0; i < shown; i++) {
		row(p, sorted[i]);
		put_site_name(p, sorted[i]);
		put_difference(p, sorted, shown, i);
		fputc('\n', p->f);
	}
	for (uint32_t i = shown; i < n; i++)
		add_site(&rest, sorted[i]);
	if (n > shown)
		put_rest(p, order, &rest, n - shown);
	free(sorted);
}

void text_page_sites(const struct text_page *p)
{
	text_page_sites_put_sites(p, "MOST LIVE AT THE END", ORDER_LIVE, row_live);
	text_page_sites_put_sites(p, "MOST ALLOCATIONS", ORDER_CHURN, row_churn);
	text_page_sites_put_sites(p, "MOST AT THE PEAK", ORDER_PEAK, row_peak);
}
