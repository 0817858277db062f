/* Findings as plain data: making, filling, ordering; see finding.h. */
#include "detect/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"

struct finding *findings_add(struct findings *f, const char *kind, enum verdict verdict)
{
	struct finding *x = mem_zalloc(1, sizeof *x);
	x->kind = kind;
	x->verdict = verdict;
	x->confidence = 1;
	*MEM_PUSH(f->list, f->n, f->room) = x;
	return x;
}

static void finding_free(struct finding *x)
{
	for (uint32_t i = 0; i < x->n_evidence; i++) {
		free(x->evidence[i].name);
		free(x->evidence[i].unit);
		free(x->evidence[i].text);
		free(x->evidence[i].threshold);
	}

	if (x->plan && x->plan_free)
		x->plan_free(x->plan);
	free(x->evidence);
	free(x->sites);
	free(x->title);
	free(x->advice);
	free(x->sketch);
	free(x->sketch_language);
	free(x->slots);
	free(x->prediction.assumes);
	free(x);
}

void findings_remove(struct findings *f, struct finding *x)
{
	for (uint32_t i = 0; i < f->n; i++) {
		if (f->list[i] == x) {
			memmove(&f->list[i], &f->list[i + 1], (f->n - i - 1) * sizeof(*f->list));
			f->n--;
			finding_free(x);
			return;
		}
	}
	BUG("a finding that is in no list");
}

void findings_release(struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		finding_free(f->list[i]);
	free(f->list);
	free(f->nothing);
	*f = (struct findings){0};
}

static int finding_by_weight(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a,
			     *y = *(const struct finding *const *)b;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	int kind = strcmp(x->kind, y->kind);
	if (kind)
		return kind;
	uint32_t s = x->n_sites ? x->sites[0] : UINT32_MAX,
		 t = y->n_sites ? y->sites[0] : UINT32_MAX;
	if (s != t)
		return s < t ? -1 : 1;
	if (x->class_id != y->class_id)
		return x->class_id < y->class_id ? -1 : 1;
	return strcmp(x->title ? x->title : "", y->title ? y->title : "");
}

void findings_order(struct findings *f)
{
	if (f->n)
		qsort(f->list, f->n, sizeof(*f->list), finding_by_weight);
}

void findings_rank(struct findings *f)
{
	findings_order(f);
	for (uint32_t i = 0; i < f->n; i++)
		f->list[i]->id = i + 1;
}

static char *format(const char *fmt, va_list args)
{
	char *s;
	if (vasprintf(&s, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	return s;
}

#define FORMAT_INTO(field)                   \
	do {                                 \
		va_list args;                \
		va_start(args, fmt);         \
		free(field);                 \
		(field) = format(fmt, args); \
		va_end(args);                \
	} while (0)

void finding_title(struct finding *x, const char *fmt, ...)
{
	FORMAT_INTO(x->title);
}

void finding_advice(struct finding *x, const char *fmt, ...)
{
	FORMAT_INTO(x->advice);
}

void finding_add_advice(struct finding *x, const char *fmt, ...)
{
	char *more = NULL;
	FORMAT_INTO(more);
	char *both = x->advice ? mem_printf("%s %s", x->advice, more) : mem_strdup(more);
	free(x->advice);
	free(more);
	x->advice = both;
}

void finding_assumes(struct finding *x, const char *fmt, ...)
{
	FORMAT_INTO(x->prediction.assumes);
}

void finding_add_site(struct finding *x, uint32_t site)
{
	x->sites = mem_realloc(x->sites, (x->n_sites + 1) * sizeof *x->sites);
	x->sites[x->n_sites++] = site;
}

static struct evidence *evidence_add(struct finding *x, const char *name)
{
	x->evidence = mem_realloc(x->evidence, (x->n_evidence + 1) * sizeof *x->evidence);
	struct evidence *e = &x->evidence[x->n_evidence++];
	*e = (struct evidence){.name = mem_strdup(name)};
	return e;
}

void finding_add_number(struct finding *x, const char *name, double value, const char *unit)
{
	struct evidence *e = evidence_add(x, name);
	e->value = value;
	e->unit = mem_strdup(unit);
}

static struct evidence *evidence_find(struct finding *x, const char *name)
{
	for (uint32_t i = 0; i < x->n_evidence; i++)
		if (!strcmp(x->evidence[i].name, name))
			return &x->evidence[i];
	return NULL;
}

void finding_set_number(struct finding *x, const char *name, double value, const char *unit)
{
	struct evidence *e = evidence_find(x, name);
	if (e)
		e->value = value;
	else
		finding_add_number(x, name, value, unit);
}

void finding_add_text(struct finding *x, const char *name, const char *fmt, ...)
{
	struct evidence *e = evidence_add(x, name);
	FORMAT_INTO(e->text);
}

void finding_passed(struct finding *x, const char *name, const char *fmt, ...)
{
	struct evidence *e = evidence_find(x, name);
	if (!e)
		BUG("no evidence '%s'", name);
	FORMAT_INTO(e->threshold);
}

void finding_keep_prediction(struct finding *x)
{
	x->earlier[x->prediction.tier] = x->prediction;
	x->earlier[x->prediction.tier].assumes = NULL;
}

struct interval interval_of(double low, double high)
{
	return (struct interval){
		.present = true, .low = low < high ? low : high, .high = low < high ? high : low};
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {"win", "minor", "info", "refuted", "none"};
	return names[v];
}

const char *tier_name(enum tier t)
{
	static const char *const names[] = {"counted", "modelled", "replayed", "enacted"};
	return names[t];
}
