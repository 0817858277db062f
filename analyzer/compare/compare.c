/* Collecting the runs of two sides; see compare.h. */
#include "compare/compare.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "detect/finding_key.h"
#include "util/mem.h"

struct place_index {
	struct compare_place place;
	UT_hash_handle hh;
};

struct finding_index {
	struct compare_finding finding;
	UT_hash_handle hh;
};

void compare_init(struct comparison *c, uint32_t depth)
{
	*c = (struct comparison){.depth = depth};
}

void compare_release(struct comparison *c)
{
	struct place_index *p, *next_place;
	struct finding_index *f, *next_finding;

	HASH_ITER (hh, c->place_index, p, next_place) {
		HASH_DEL(c->place_index, p);
		free(p->place.name);
		free(p->place.where);
		free(p);
	}
	HASH_ITER (hh, c->finding_index, f, next_finding) {
		HASH_DEL(c->finding_index, f);
		free(f->finding.name);
		free(f->finding.title);
		free(f);
	}
	free(c->places);
	free(c->findings);
}

/* ---- spreads ---- */

/* The n-th run has this value. */
static void spread_add(struct spread *x, uint64_t value, uint32_t n)
{
	x->sum += value;
	x->least = n == 1 || value < x->least ? value : x->least;
	x->most = value > x->most ? value : x->most;
}

/* ---- places ---- */

static struct compare_place *place_of(struct comparison *c, const struct model *m,
                                      const struct site *s)
{
	struct site_key key = site_key(m, s, c->depth);
	struct place_index *x;

	HASH_FIND(hh, c->place_index, &key, sizeof key, x);
	if (x)
		return &x->place;
	x = mem_zalloc(1, sizeof *x);
	x->place.key = key;
	x->place.name = site_key_path(m, s, c->depth ? c->depth : 4);
	x->place.where = mem_strdup("");
	HASH_ADD(hh, c->place_index, place.key, sizeof x->place.key, x);
	*MEM_PUSH(c->places, c->n_places, c->places_room) = &x->place;
	return &x->place;
}

static void set_where(struct compare_place *x, const struct model *m, const struct site *s)
{
	const struct symbol *name = model_site_name(m, s);
	const char *slash = strrchr(name->file, '/');

	free(x->where);
	x->where = name->line ? mem_printf("%s:%u", slash ? slash + 1 : name->file, name->line)
	                      : mem_strdup("");
	x->heaviest_bytes = s->allocated_bytes;
}

static void add_site(struct comparison *c, const struct model *m, const struct site *s)
{
	struct compare_place *x = place_of(c, m, s);

	if (!x->is_in_run || s->allocated_bytes > x->heaviest_bytes)
		set_where(x, m, s);
	x->is_in_run = true;
	x->run[MEASURE_BYTES] += s->allocated_bytes;
	x->run[MEASURE_ALLOCS] += s->allocs;
	x->run[MEASURE_PEAK] += s->at_peak_bytes;
	x->run[MEASURE_END] += s->live_bytes;
}

static void end_place(struct compare_place *x, enum side side)
{
	x->n_seen[side] += x->is_in_run;
	for (unsigned i = 0; x->is_in_run && i < MEASURES; i++)
		spread_add(&x->value[side][i], x->run[i], x->n_seen[side]);
	memset(x->run, 0, sizeof x->run);
	x->is_in_run = false;
	x->heaviest_bytes = 0;
}

/* ---- findings ---- */

static void add_finding(struct comparison *c, enum side side, const struct model *m,
                        const struct finding *x)
{
	struct finding_index *i;
	char *name = finding_symbolic_name(m, x);

	HASH_FIND_STR(c->finding_index, name, i);
	if (i) {
		free(name);
	} else {
		i = mem_zalloc(1, sizeof *i);
		i->finding.name = name;
		HASH_ADD_KEYPTR(hh, c->finding_index, i->finding.name, strlen(name), i);
		*MEM_PUSH(c->findings, c->n_findings, c->findings_room) = &i->finding;
	}

	free(i->finding.title);
	i->finding.title = mem_strdup(x->title ? x->title : "");
	i->finding.n_seen[side] += !i->finding.is_in_run;
	i->finding.is_in_run = true;
}

/* ---- runs ---- */

static void add_totals(struct comparison *c, enum side side, const struct model *m)
{
	const struct model_totals *t = &m->totals;
	uint64_t cpu = model_untraced_cpu_ns(m);
	const uint64_t value[TOTALS] = {
		[MEASURE_BYTES] = t->allocated_bytes,
		[MEASURE_ALLOCS] = t->allocs,
		[MEASURE_PEAK] = t->peak_live_bytes,
		[MEASURE_END] = t->live_bytes,
		[TOTAL_CALLS] = t->allocs + t->frees - t->reallocs,
		[TOTAL_CPU] = cpu,
	};

	c->n_cpu_known += cpu > 0;
	for (unsigned i = 0; i < TOTALS; i++)
		spread_add(&c->total[side][i], value[i], c->n_runs[side]);
}

void compare_add(struct comparison *c, enum side side, const struct model *m,
                 const struct findings *f)
{
	c->n_runs[side]++;
	add_totals(c, side, m);
	for (uint32_t i = 0; i < m->n_sites; i++)
		add_site(c, m, &m->sites[i]);
	for (uint32_t i = 0; i < c->n_places; i++)
		end_place(c->places[i], side);

	for (uint32_t i = 0; i < f->n; i++)
		if (f->list[i]->verdict <= VERDICT_MINOR)
			add_finding(c, side, m, f->list[i]);
	for (uint32_t i = 0; i < c->n_findings; i++)
		c->findings[i]->is_in_run = false;
}
