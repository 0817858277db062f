/*
 * The questions that several Python detectors ask about a class.
 */
#include "class.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slotted_layout.h"

struct py_class py_class_at(const struct model *m, const struct census *c, uint32_t i)
{
	const struct class_stats *s = &m->classes[i];

	return (struct py_class){s, census_class_of(c, s)};
}

struct py_class py_class_named(const struct model *m, const struct census *c,
                               const struct census_name *n)
{
	struct py_class k = {census_stats_of(m, n), NULL};

	if (k.stats)
		k.census = census_class_of(c, k.stats);
	return k;
}

/* File of the __init__ that is called where the class is built; NULL when no event was seen under it. */
static const char *constructor_file(const struct model *m, const struct class_stats *s)
{
	const struct trace *t = m->trace;
	uint32_t builder;

	if (!s->sites.n)
		return NULL;
	builder = t->nodes[trace_stack(t, m->sites[s->sites.entry[0].key].stack)->node].python;
	for (uint32_t i = 1; builder && i < t->n_nodes; i++) {
		uint32_t code = trace_frame(t, t->nodes[i].frame)->code;

		if (code && !strcmp(trace_code(t, code)->name, "__init__") &&
		    t->nodes[i].parent == builder)
			return trace_code(t, code)->file;
	}
	return NULL;
}

static enum census_origin origin_by_code(const struct model *m, const struct class_stats *s)
{
	const char *file;

	if (!strcmp(s->module, "__main__"))
		return ORIGIN_USER;
	file = constructor_file(m, s);
	if (!file)
		return ORIGIN_UNKNOWN;
	if (strstr(file, "site-packages/") || strstr(file, "dist-packages/"))
		return ORIGIN_SITE;
	return strstr(file, "/lib/python3") || *file == '<' ? ORIGIN_STDLIB : ORIGIN_USER;
}

bool py_name_is_users(const struct census_name *n)
{
	return n->origin == ORIGIN_USER;
}

bool py_class_is_users(const struct model *m, const struct py_class *k)
{
	if (k->census && k->census->name.origin != ORIGIN_UNKNOWN)
		return k->census->name.origin == ORIGIN_USER;
	return k->stats && (k->stats->type->flags & PTF_CLASS_HEAP) &&
	       origin_by_code(m, k->stats) == ORIGIN_USER;
}

static uint32_t count_attributes(const struct census_class *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_attributes; i++)
		n += c->attributes[i].present > 0 || c->attributes_from[0] != 'i';
	return n;
}

double py_class_structure_bytes(const struct model *m, const struct py_class *k)
{
	if (k->census && k->census->layout_n > 0)
		return (double)k->census->layout_bytes / (double)k->census->layout_n;
	if (k->census && k->census->n_attributes && !strcmp(k->census->solid_base, "object"))
		return (double)py_layout_dict_bytes(m->process->python,
		                                    count_attributes(k->census));
	return 0;
}

double py_class_owned_bytes(const struct py_class *k)
{
	if (k->census && k->census->owned_n > 0)
		return (double)k->census->owned_bytes / (double)k->census->owned_n;
	return k->stats ? py_mean(&k->stats->owned_bytes) : 0;
}

uint64_t py_class_at_peak(const struct model *m, const struct py_class *k)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < k->stats->sites.n; i++)
		n += m->sites[k->stats->sites.entry[i].key].at_peak_blocks;
	return n < k->stats->peak_live ? n : k->stats->peak_live;
}

double py_class_gc_freed_share(const struct py_class *k)
{
	return k->stats->freed ? (double)k->stats->freed_in_gc / (double)k->stats->freed : 0;
}

struct finding *py_class_finding(const struct py_class *k, struct findings *out, const char *kind,
                                 enum verdict v)
{
	struct finding *x = findings_add(out, kind, v);

	x->class_id = k->stats ? k->stats->class_id : 0;
	x->confidence = 1;
	if (k->stats && k->stats->sites.n)
		finding_add_site(x, (uint32_t)k->stats->sites.entry[0].key);
	return x;
}

bool py_class_has(const struct py_class *k, const struct findings *out, const char *kind)
{
	for (uint32_t i = 0; i < out->n; i++)
		if (out->list[i]->class_id == k->stats->class_id &&
		    out->list[i]->verdict != VERDICT_NONE && !strcmp(out->list[i]->kind, kind))
			return true;
	return false;
}

struct finding *py_class_reject(const struct detect *d, const struct py_class *k,
                                struct findings *out, const char *kind, const char *fmt, ...)
{
	struct finding *x;
	va_list args;
	char *reason;

	if (!k->stats || !detect_explains(d, k->stats))
		return NULL;
	x = py_class_finding(k, out, kind, VERDICT_NONE);
	va_start(args, fmt);
	if (vasprintf(&reason, fmt, args) < 0)
		reason = mem_strdup("");
	va_end(args);
	finding_title(x, "%s: not advised for %s", kind, k->stats->name);
	finding_advice(x, "%s", reason);
	free(reason);
	return x;
}

enum verdict py_verdict(const struct model *m, double bytes, double minor_share, double win_share)
{
	double peak = (double)m->totals.peak_live_bytes;

	if (bytes >= win_share * peak)
		return VERDICT_WIN;
	return bytes >= minor_share * peak ? VERDICT_MINOR : VERDICT_NONE;
}

double py_mean(const struct hist *h)
{
	double sum = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		uint32_t bucket = h->first + i;
		double low = (double)hist_bucket_low(bucket),
		       high = (double)hist_bucket_high(bucket);

		if (high > (double)h->max)
			high = (double)h->max;
		if (low < (double)h->min)
			low = (double)h->min;
		sum += (double)hist_weights(h)[i] * (low + high) / 2;
	}
	return h->total ? sum / (double)h->total : 0;
}
