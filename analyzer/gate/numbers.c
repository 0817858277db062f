/* The numbers that limits are about; see gate.h. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "detect/finding_key.h"
#include "gate/gate.h"
#include "model/announced.h"
#include "model/site_key.h"
#include "util/error.h"
#include "util/mem.h"

struct gate_entry {
	struct gate_row row;
	char *key; /* the kind's digit and the name; owned */
	UT_hash_handle hh;
};

/* ---- limits ---- */

static int read_amount(const char *text, uint64_t *value)
{
	static const char units[] = "KMGT";
	char *end;
	double amount = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end & ~32) : NULL;

	if (unit && end != text) {
		amount *= (double)(1ull << (10 * (unit - units + 1)));
		end++;
		end += !strncmp(end, "iB", 2) ? 2 : *end == 'B';
	}
	if (end == text || *end || !(amount >= 0) || amount > 1e18)
		return -1;
	*value = (uint64_t)amount;
	return 0;
}

int gate_add_limit(struct gate *g, const char *rule, enum gate_measure measure, const char *text)
{
	const char *equals = strrchr(text, '=');
	struct gate_limit x = {.rule = rule, .measure = measure};

	if (read_amount(equals ? equals + 1 : text, &x.most) < 0 || equals == text)
		return error("invalid --%s '%s': expected %s such as %s", rule, text,
		             measure == GATE_ALLOCS ? "a number" : "a size",
		             measure == GATE_ALLOCS ? "1000 or main.c:parse=1000"
		                                    : "64M or main.c:parse=64K");
	if (equals)
		x.pattern = mem_printf("%.*s", (int)(equals - text), text);
	*MEM_PUSH(g->limits, g->n_limits, g->limits_room) = x;
	return 0;
}

/* ---- rows ---- */

struct gate_row *gate_row(struct gate *g, enum gate_kind kind, const char *name)
{
	struct gate_entry *e;
	char *key = mem_printf("%d%s", kind, name);

	HASH_FIND_STR(g->index, key, e);
	if (e) {
		free(key);
		return &e->row;
	}
	e = mem_zalloc(1, sizeof *e);
	e->key = key;
	e->row = (struct gate_row){.kind = kind, .name = mem_strdup(name)};
	HASH_ADD_KEYPTR(hh, g->index, e->key, strlen(key), e);
	*MEM_PUSH(g->rows, g->n_rows, g->rows_room) = &e->row;
	return &e->row;
}

/* A file below the working directory by its path from there: what a repository knows. */
static char *file_from_here(const char *file)
{
	char *here = getcwd(NULL, 0);
	size_t n = here ? strlen(here) : 0;
	const char *rest = n > 1 && !strncmp(file, here, n) && file[n] == '/' ? file + n + 1 : file;
	char *copy = *rest ? mem_strdup(rest) : NULL;

	free(here);
	return copy;
}

static void add_row(struct gate *g, const struct model *m, const struct site *s, uint64_t end_bytes)
{
	char *name = site_key_path(m, s, 1);
	struct gate_row *row = gate_row(g, GATE_PLACE, name);
	const struct symbol *x = model_site_name(m, s);

	free(name);
	row->value[GATE_ALLOCS] += s->allocs;
	row->value[GATE_BYTES] += s->allocated_bytes;
	row->value[GATE_END] += end_bytes;
	if (row->file && s->allocated_bytes <= row->heaviest_bytes)
		return;
	free(row->file);
	row->heaviest_bytes = s->allocated_bytes;
	row->file = file_from_here(x->file);
	row->line = x->line;
}

/* ---- limits of functions ---- */

/* "[FILE:]FUNCTION"; the file is the last part of its path. */
static bool is_function(const char *pattern, const struct symbol *x)
{
	const char *colon = strchr(pattern, ':');
	const char *slash = strrchr(x->file, '/');

	if (fnmatch(pattern, x->function, FNM_NOESCAPE) == 0) /* a C++ name has colons, too */
		return true;
	if (!colon || fnmatch(colon + 1, x->function, FNM_NOESCAPE) != 0)
		return false;
	char *file = mem_printf("%.*s", (int)(colon - pattern), pattern);
	bool is = fnmatch(file, slash ? slash + 1 : x->file, FNM_NOESCAPE) == 0;
	free(file);
	return is;
}

static const struct symbol *function_on(const struct gate_limit *x, const struct stack_view *v)
{
	if (!strncmp(x->pattern, "region:", 7))
		return NULL;
	for (uint32_t i = 0; i < v->n; i++)
		if (is_function(x->pattern, v->frames[i]))
			return v->frames[i];
	return NULL;
}

static void add_to_limit(struct gate_limit *x, const struct model *m, const struct site *s,
                         uint64_t value, const struct symbol *at)
{
	x->found += value;
	if (!value || value <= x->n_heaviest)
		return;
	x->n_heaviest = value;
	free(x->heaviest);
	free(x->file);
	x->heaviest = site_key_path(m, s, 3);
	x->file = file_from_here(at->file);
	x->line = at->line;
}

static void add_to_limits(struct gate *g, const struct model *m, const struct site *s,
                          const uint64_t value[GATE_MEASURES])
{
	struct stack_view v = model_site_stack(m, s);

	for (uint32_t i = 0; i < g->n_limits; i++) {
		struct gate_limit *x = &g->limits[i];
		const struct symbol *at = x->pattern ? function_on(x, &v) : v.frames[v.named];
		if (at)
			add_to_limit(x, m, s, value[x->measure], at);
	}
}

/* ---- processes ---- */

static void add_site(struct gate *g, const struct model *m, const struct site *s)
{
	struct stack_view v = model_site_stack(m, s);
	bool kept = s->live_bytes && suppressions_match(&g->suppressions, &v);
	uint64_t end_bytes = kept ? 0 : s->live_bytes;
	const uint64_t value[GATE_MEASURES] = {s->allocs, s->allocated_bytes, s->at_peak_bytes,
	                                       end_bytes};

	g->suppressed_bytes += s->live_bytes - end_bytes;
	add_row(g, m, s, end_bytes);
	add_to_limits(g, m, s, value);
	gate_row(g, GATE_TOTAL, "all")->value[GATE_END] += end_bytes;
}

static void add_finding(struct gate *g, const struct model *m, const struct finding *x)
{
	const struct symbol *at = x->n_sites ? model_site_name(m, &m->sites[x->sites[0]]) : NULL;

	*MEM_PUSH(g->findings, g->n_findings, g->findings_room) = (struct gate_finding){
		.kind = mem_strdup(x->kind),
		.name = finding_symbolic_name(m, x),
		.title = mem_strdup(x->title ? x->title : ""),
		.file = at ? file_from_here(at->file) : NULL,
		.line = at ? at->line : 0,
	};
}

static void add_regions(struct gate *g, const struct model *m)
{
	const struct announced *a = model_announced(m);

	for (uint32_t i = 0; a && i < a->n_names; i++) {
		const struct announced_name *x = &a->names[i];
		struct gate_row *row = gate_row(g, GATE_REGION, x->name);
		row->value[GATE_ALLOCS] += x->process_allocs;
		row->value[GATE_BYTES] += x->process_bytes;
		row->value[GATE_END] += x->end_bytes > x->begin_bytes
		                                ? x->end_bytes - x->begin_bytes
		                                : 0;
	}
}

void gate_add(struct gate *g, const struct model *m, const struct findings *f)
{
	struct gate_row *all = gate_row(g, GATE_TOTAL, "all");

	g->n_traces++;
	all->value[GATE_ALLOCS] += m->totals.allocs;
	all->value[GATE_BYTES] += m->totals.allocated_bytes;
	if (m->totals.peak_live_bytes > all->value[GATE_PEAK])
		all->value[GATE_PEAK] = m->totals.peak_live_bytes;
	for (uint32_t i = 0; i < m->n_sites; i++)
		add_site(g, m, &m->sites[i]);
	add_regions(g, m);
	for (uint32_t i = 0; f && i < f->n; i++)
		if (f->list[i]->verdict <= VERDICT_MINOR)
			add_finding(g, m, f->list[i]);
}

/* ---- release ---- */

static void release_rows(struct gate *g)
{
	struct gate_entry *e, *next;
	HASH_ITER (hh, g->index, e, next) {
		HASH_DEL(g->index, e);
		free(e->row.name);
		free(e->row.file);
		free(e->key);
		free(e);
	}
	free(g->rows);
}

void gate_release(struct gate *g)
{
	release_rows(g);
	for (uint32_t i = 0; i < g->n_limits; i++) {
		free(g->limits[i].pattern);
		free(g->limits[i].heaviest);
		free(g->limits[i].file);
	}
	for (uint32_t i = 0; i < g->n_findings; i++) {
		struct gate_finding *x = &g->findings[i];
		free(x->kind);
		free(x->name);
		free(x->title);
		free(x->file);
	}
	for (uint32_t i = 0; i < g->n_checks; i++) {
		free(g->checks[i].subject);
		free(g->checks[i].message);
		free(g->checks[i].file);
	}

	free(g->limits);
	free(g->findings);
	free(g->checks);
	suppressions_release(&g->suppressions);
}
