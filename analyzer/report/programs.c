/* See programs.h. */
#include "programs.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "detect/finding_key.h"
#include "model/site_key.h"
#include "text_page.h"
#include "util/mem.h"
#include "util/text.h"

#define PROGRAMS_SITES 64u

/* One row of a list: processes that share a key. */
struct row {
	char *key;    /* what tells rows apart: symbolic names, without lines and directories */
	char *name;   /* as printed, of the first process that has it */
	char *sample; /* trace of the process that has most of it */
	uint32_t pid; /* of that process */
	uint32_t n_processes;
	double allocs, bytes, most_bytes; /* most: of one process */
	uint32_t n_findings;
	const void *last; /* run that was counted last: a process counts once */
	UT_hash_handle hh;
};

struct programs {
	struct row *programs, *places, *findings;
	double bytes, listed_bytes; /* allocated by all; of these, at places that are listed */
};

struct programs *programs_new(void)
{
	return mem_zalloc(1, sizeof(struct programs));
}

static void rows_free(struct row **rows)
{
	struct row *r, *next;
	HASH_ITER (hh, *rows, r, next) {
		HASH_DEL(*rows, r);
		free(r->key);
		free(r->name);
		free(r->sample);
		free(r);
	}
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	rows_free(&p->programs);
	rows_free(&p->places);
	rows_free(&p->findings);
	free(p);
}

/* ---- adding ---- */

/* The row of a key; it takes over key and name. */
static struct row *row_of(struct row **rows, char *key, char *name)
{
	struct row *r;
	HASH_FIND_STR(*rows, key, r);
	if (r) {
		free(key);
		free(name);
		return r;
	}
	r = mem_zalloc(1, sizeof *r);
	r->key = key;
	r->name = name;
	HASH_ADD_KEYPTR(hh, *rows, r->key, strlen(r->key), r);
	return r;
}

static void row_add(struct row *r, const struct report_run *run, double allocs, double bytes,
                    double most_bytes)
{
	r->n_processes += r->last != run;
	r->last = run;
	r->allocs += allocs;
	r->bytes += bytes;
	if (r->sample && most_bytes <= r->most_bytes)
		return;
	free(r->sample);
	r->sample = mem_strdup(run->model->trace->path);
	r->pid = run->model->process->pid;
	r->most_bytes = most_bytes;
}

static const char *program_name(const struct model *m)
{
	const char *name = text_page_file_name(m->process->exe);
	return *name ? name : "?";
}

static char *place_name(const struct model *m, const struct site *s)
{
	const struct symbol *x = model_site_name(m, s);
	char *function = text_short_function(x->function, 48);
	char *name = *x->file ? mem_printf("%s: %s  %s", program_name(m), function,
	                                   text_page_file_name(x->file))
	                      : mem_printf("%s: %s", program_name(m), function);
	free(function);
	return name;
}

/* The place without its line; to be freed. */
static char *place_key(const struct model *m, const struct site *s)
{
	struct site_key key = site_key(m, s, 1);
	char text[SITE_KEY_TEXT];
	site_key_text(&key, text);
	return mem_printf("%s: %s", program_name(m), text);
}

static int by_bytes(const void *a, const void *b)
{
	const struct site *x = *(const struct site *const *)a, *y = *(const struct site *const *)b;
	if (x->allocated_bytes != y->allocated_bytes)
		return x->allocated_bytes < y->allocated_bytes ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void add_places(struct programs *p, const struct report_run *run)
{
	const struct model *m = run->model;
	const struct site **list = mem_alloc((m->n_sites + 1) * sizeof(*list));

	for (uint32_t i = 0; i < m->n_sites; i++)
		list[i] = &m->sites[i];
	qsort(list, m->n_sites, sizeof(*list), by_bytes);
	for (uint32_t i = 0; i < m->n_sites && i < PROGRAMS_SITES; i++) {
		double bytes = (double)list[i]->allocated_bytes;
		struct row *r = row_of(&p->places, place_key(m, list[i]), place_name(m, list[i]));
		row_add(r, run, (double)list[i]->allocs, bytes, bytes);
		p->listed_bytes += bytes;
	}
	free(list);
}

static uint32_t add_findings(struct programs *p, const struct report_run *run)
{
	const struct model *m = run->model;
	uint32_t n = 0;

	for (uint32_t i = 0; i < run->findings.n; i++) {
		const struct finding *x = run->findings.list[i];
		if (x->verdict > VERDICT_MINOR)
			continue;
		char *place = x->n_sites ? place_name(m, &m->sites[x->sites[0]])
		                         : mem_printf("%s: %s", program_name(m), x->title);
		char *name = mem_printf("%s  %s", x->kind, place);
		const struct interval *saved = &x->prediction.live_bytes_saved;
		double bytes = saved->present ? saved->low : 0;
		char *symbolic = finding_symbolic_name(m, x);
		char *key = mem_printf("%s: %s", program_name(m), symbolic);
		row_add(row_of(&p->findings, key, name), run, 0, bytes, bytes);
		free(symbolic);
		free(place);
		n++;
	}
	return n;
}

void programs_add(struct programs *p, const struct report_run *run)
{
	const struct model_totals *t = &run->model->totals;
	const char *name = program_name(run->model);
	struct row *r = row_of(&p->programs, mem_strdup(name), mem_strdup(name));

	row_add(r, run, (double)t->allocs, (double)t->allocated_bytes, (double)t->peak_live_bytes);
	r->n_findings += add_findings(p, run);
	p->bytes += (double)t->allocated_bytes;
	add_places(p, run);
}

/* ---- printing ---- */

static int row_by_bytes(const struct row *a, const struct row *b)
{
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	if (a->n_processes != b->n_processes)
		return a->n_processes < b->n_processes ? 1 : -1;
	int by_name = strcmp(a->name, b->name);
	return by_name ? by_name : strcmp(a->key, b->key);
}

static void put_name(FILE *f, const struct row *r)
{
	text_put(f, r->name);
	if (r->n_processes > 1)
		fprintf(f, "  in %u processes", r->n_processes);
}

static void put_program(FILE *f, const struct row *r)
{
	fprintf(f, "  %6u %9s %10s %10s %5u  ", r->n_processes, short_count(r->allocs),
	        short_bytes(r->bytes), short_bytes(r->most_bytes), r->n_findings);
	text_put(f, r->name);
	fprintf(f, "  pid %u: ", r->pid);
	text_put(f, r->sample);
	fputc('\n', f);
}

static void put_place(FILE *f, const struct row *r)
{
	fprintf(f, "  %10s %9s  ", short_bytes(r->bytes), short_count(r->allocs));
	put_name(f, r);
	fputc('\n', f);
}

static void put_summed_finding(FILE *f, const struct row *r)
{
	fprintf(f, "  %10s  ", r->bytes > 0 ? short_bytes(r->bytes) : "-");
	put_name(f, r);
	fprintf(f, ", most in pid %u: ", r->pid);
	text_put(f, r->sample);
	fputc('\n', f);
}

static void put_rows(struct row *rows, FILE *f, uint32_t top, const char *heading,
                     void (*put)(FILE *f, const struct row *r))
{
	uint32_t n = 0, all = HASH_COUNT(rows);

	if (!rows)
		return;
	HASH_SORT(rows, row_by_bytes);
	fprintf(f, "\n%s\n", heading);
	for (const struct row *r = rows; r && n < top; r = r->hh.next, n++)
		put(f, r);
	if (all > n)
		fprintf(f, "  [other: %u]\n", all - n);
}

void programs_put(const struct programs *p, FILE *f, uint32_t top)
{
	put_rows(p->programs, f, top,
	         "PROGRAMS  processes / allocations / bytes / live at most in one / findings / the "
	         "one with most live",
	         put_program);
	put_rows(p->places, f, top, "PLACES OF ALL PROCESSES  bytes / allocations", put_place);
	if (p->listed_bytes < p->bytes)
		fprintf(f, "  (the %u largest places of each process: %s of all bytes)\n",
		        PROGRAMS_SITES, short_percent(p->listed_bytes / p->bytes));
	put_rows(p->findings, f, top, "FINDINGS OF ALL PROCESSES  saved at the peak, summed",
	         put_summed_finding);
}
