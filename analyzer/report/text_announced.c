/* What the program announced: marks under the line of live bytes, and tables of marks and regions. */
#include <stdlib.h>
#include <string.h>

#include "model/announced.h"
#include "report/text_page.h"
#include "util/mem.h"
#include "util/text.h"

void text_page_mark_line(const struct text_page *p, uint32_t width)
{
	const struct announced *a = model_announced(p->m);
	uint64_t end_ns = p->m->duration_ns;
	uint32_t used = 0;
	char line[256];
	if (!a || !a->n_marks || !end_ns || width >= sizeof line)
		return;

	memset(line, ' ', width);
	for (uint32_t i = 0; i < a->n_marks; i++) {
		uint64_t column =
			(uint64_t)((unsigned __int128)a->marks[i].time_ns * width / end_ns);
		column = column < width ? column : width - 1;
		line[column] = '^';
		used = column >= used ? (uint32_t)column + 1 : used;
	}
	line[used] = 0;
	fprintf(p->f, "  marks      %s\n", line);
}

static void put_more(const struct text_page *p, uint32_t n, uint32_t shown, const char *what)
{
	if (n > shown)
		fprintf(p->f, "  [other: %s]\n", text_page_many(n - shown, what));
}

static uint32_t rows(const struct text_page *p, uint32_t n)
{
	return !p->o->all && p->top < n ? p->top : n;
}

static void put_marks(const struct text_page *p, const struct announced *a)
{
	uint64_t allocs = 0, n_bytes = 0;
	if (!a->n_marks)
		return;

	text_page_heading(p, "MARKS  after / live / allocations since the mark before / bytes");
	for (uint32_t i = 0; i < rows(p, a->n_marks); i++) {
		const struct announced_mark *x = &a->marks[i];
		fprintf(p->f, "  %10s %10s %9s %10s  ", short_ns((double)x->time_ns),
		        short_bytes((double)x->live_bytes),
		        short_count((double)(x->allocs - allocs)),
		        short_bytes((double)(x->allocated_bytes - n_bytes)));
		text_put(p->f, x->name);
		fputc('\n', p->f);
		allocs = x->allocs;
		n_bytes = x->allocated_bytes;
	}
	put_more(p, a->n_marks, rows(p, a->n_marks), "mark");
}

static void put_region_name(const struct text_page *p, const struct announced_name *x)
{
	double kept = (double)x->end_bytes - (double)x->begin_bytes;

	fprintf(p->f, "  %7s %9s %9s %10s %6s %10s %s%s  ", short_count((double)x->n),
	        short_ns((double)x->total_ns), short_count((double)x->allocs),
	        short_bytes((double)x->allocated_bytes),
	        short_percent(x->allocs ? (double)x->temporary / (double)x->allocs : 0),
	        short_bytes((double)x->most_rise_bytes), kept < 0 ? "-" : "+",
	        short_bytes(kept < 0 ? -kept : kept));
	text_put(p->f, x->name);
	fputc('\n', p->f);
}

/* By name, and what all of them kept, which is what live bytes rose by in them. */
static void put_regions(const struct text_page *p, const struct announced *a)
{
	if (!a->n_names)
		return;
	text_page_heading(
		p, "REGIONS  times / long / allocations / bytes / temporary / peak inside / kept");
	for (uint32_t i = 0; i < rows(p, a->n_names); i++)
		put_region_name(p, &a->names[i]);
	put_more(p, a->n_names, rows(p, a->n_names), "name");
}

void text_page_announced(const struct text_page *p)
{
	const struct announced *a = model_announced(p->m);
	if (!a)
		return;
	put_marks(p, a);
	put_regions(p, a);
	if (a->n_left_out)
		fprintf(p->f, "  %s more marks and regions are not listed\n",
		        full_count(a->n_left_out));
}
