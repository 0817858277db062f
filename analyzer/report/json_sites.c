/*
 * Sites and classes of the JSON report: most of its bytes.
 */
#include <string.h>

#include "detect/python/census_reader.h"
#include "detect/python/class.h"
#include "report/json_parts.h"
#include "report/places.h"
#include "report/report.h"
#include "util/mem.h"

#define JSON_SIZES 16u
#define JSON_FREERS 8u
#define JSON_THREADS 16u
#define JSON_CLASS_SITES 16u

/* ---- sites ---- */

void json_frames(cJSON *o, const char *key, const struct stack_view *v, uint32_t first)
{
	cJSON *list = put_array(o, key);

	for (uint32_t i = first; i < v->n; i++) {
		const struct symbol *x = v->frames[i];
		cJSON *frame = push_object(list);
		put_text(frame, "function", x->function);
		put_text(frame, "file", x->file);
		put_count(frame, "line", x->line);
		put_text(frame, "module", x->module);
		cJSON_AddStringToObject(frame, "language", language_name(x->language));
		if (x->inlined)
			cJSON_AddTrueToObject(frame, "inlined");
		if (x->guessed)
			cJSON_AddTrueToObject(frame, "guessed");
	}
}

static void put_sizes(cJSON *o, const struct site *s)
{
	cJSON *list = put_array(o, "sizes");
	struct site_list sizes;

	site_sizes(s, &sizes);
	for (uint32_t i = 0; i < sizes.n && i < JSON_SIZES; i++) {
		cJSON *size = push_object(list);
		put_count(size, "bytes", sizes.entry[i].key);
		put_count(size, "count", sizes.entry[i].count);
		put_number(size, "share", share(sizes.entry[i].count, s->allocs));
	}
	put_count(o, "distinct_sizes", sizes.n);
	if (sizes.overflow)
		put_count(o, "allocs_of_further_sizes", sizes.overflow);
}

static void json_sites_put_freers(cJSON *o, const struct model *m, const struct site *s)
{
	cJSON *list = put_array(o, "freed_by");
	struct site_list freers;

	site_freers(s, &freers);
	for (uint32_t i = 0; i < freers.n && i < JSON_FREERS; i++) {
		struct stack_view v = model_stack(m, (uint32_t)freers.entry[i].key);
		cJSON *freer = push_object(list);
		put_count(freer, "count", freers.entry[i].count);
		json_frames(freer, "frames", &v, 0);
	}
}

static void put_site_threads(cJSON *o, const struct site *s)
{
	cJSON *list = put_array(o, "threads");
	for (uint32_t i = 0; i < s->n_threads && i < JSON_THREADS; i++) {
		struct site_thread x = site_thread_at(s, i);
		cJSON *t = push_object(list);
		put_count(t, "thread", x.thread);
		put_count(t, "allocs", x.n_allocs);
		put_count(t, "peak_live_blocks", x.peak_live_blocks);
	}
}

static void put_realloc(cJSON *o, const struct site *s)
{
	const struct site_reallocs *x = site_reallocs(s);

	if (!x->calls && !x->chains)
		return;
	cJSON *r = put_object(o, "realloc");
	put_count(r, "calls", x->calls);
	put_count(r, "moved", x->moved);
	put_count(r, "copied_bytes", x->copied_bytes);
	put_count(r, "chains", x->chains);
	if (x->chains) {
		put_quantiles(r, "chain_length", &x->chain_length);
		put_quantiles(r, "final_bytes", &x->final_size);
	}
}

/* Numbers that add up over sites. */
static void put_site_sums(cJSON *o, const struct site_sums *s)
{
	put_count(o, "allocs", s->allocs);
	put_count(o, "frees", s->frees);
	put_count(o, "allocated_bytes", s->allocated_bytes);
	put_count(o, "live_blocks", s->live_blocks);
	put_count(o, "live_bytes", s->live_bytes);
	put_count(o, "at_peak_blocks", s->at_peak_blocks);
	put_count(o, "at_peak_bytes", s->at_peak_bytes);
	put_count(o, "temporary_allocs", s->temporary);
	put_count(o, "cross_thread_frees", s->cross_thread_frees);
	put_count(o, "gc_frees", s->gc_frees);
}

static void put_site_own(cJSON *o, const struct model *m, const struct site *s)
{
	const struct site_details *x = site_details(s);

	put_count(o, "peak_live_blocks", s->peak_live_blocks);
	put_count(o, "peak_live_bytes", s->peak_live_bytes);
	put_number(o, "allocs_per_s", report_per_second(m, s->allocs));
	put_number(o, "bytes_per_s", report_per_second(m, s->allocated_bytes));
	put_number(o, "churn_ratio", share(s->allocated_bytes, s->peak_live_bytes));
	put_number(o, "temporary_share", share(s->temporary, s->allocs));
	put_number(o, "cross_thread_frees_share", share(s->cross_thread_frees, s->frees));
	put_number(o, "lifo_share", share(x->lifo_frees, s->frees));

	put_number(o, "fifo_share", share(x->fifo_frees, s->frees));
	put_count(o, "zero_epochs", x->zero_rounds);
	put_count(o, "callocs", s->n_calloc);
	put_count(o, "alignment", s->align_log2 ? 1ull << (s->align_log2 & 63) : 0);
	put_quantiles(o, "lifetime_ns", &s->lifetime_ns);
	put_quantiles(o, "lifetime_events", &x->lifetime_events);
	put_quantiles(o, "lifetime_bytes", &x->lifetime_bytes);
	put_quantiles(o, "concurrency", &x->concurrency);
}

void json_site_details(cJSON *o, const struct model *m, const struct site *s)
{
	put_site_own(o, m, s);
	put_sizes(o, s);
	put_site_threads(o, s);
	put_realloc(o, s);
}

static void put_site(cJSON *list, const struct model *m, const struct site *s)
{
	struct stack_view v = model_site_stack(m, s);
	struct site_sums sums = {0};
	cJSON *o = push_object(list);

	put_count(o, "id", s->id);
	json_frames(o, "frames", &v, 0);
	put_count(o, "name_frame", v.named);
	if (v.flags & (PTF_STACK_CUT | PTF_STACK_LOST))
		cJSON_AddTrueToObject(o, "truncated");
	if (s->class_id)
		put_text(o, "class", trace_class(m->trace, s->class_id)->name);
	sums_add_site(&sums, s);
	put_site_sums(o, &sums);
	json_site_details(o, m, s);
	json_sites_put_freers(o, m, s);
}

/* Shown are those that lead one of the orders; the rest is one row, so that columns add up. */
bool *json_choose_sites(const struct model *m, uint32_t top)
{
	bool *chosen = mem_zalloc(m->n_sites, sizeof *chosen);
	for (enum report_order order = ORDER_LIVE; order <= ORDER_PEAK; order++) {
		const struct site **sorted = report_sorted_sites(m, order);
		for (uint32_t i = 0; i < m->n_sites && i < top; i++)
			chosen[sorted[i]->id] = true;
		free(sorted);
	}
	return chosen;
}

void json_sites(cJSON *root, const struct model *m, uint32_t top)
{
	cJSON *list = put_array(root, "sites");
	const struct site **sorted = report_sorted_sites(m, ORDER_CHURN);
	bool *chosen = json_choose_sites(m, top);
	struct site_sums rest = {0};
	uint32_t n_rest = 0;

	for (uint32_t i = 0; i < m->n_sites; i++) {
		if (chosen[sorted[i]->id]) {
			put_site(list, m, sorted[i]);
		} else {
			sums_add_site(&rest, sorted[i]);
			n_rest++;
		}
	}

	if (n_rest) {
		cJSON *o = push_object(list);
		put_array(o, "frames");
		put_count(o, "other_sites", n_rest);
		put_site_sums(o, &rest);
	}

	free(chosen);
	free(sorted);
}

/* ---- classes ---- */

static void put_class_sites(cJSON *o, const struct model *m, const struct class_stats *c)
{
	cJSON *list = put_array(o, "sites");
	for (uint32_t i = 0; i < c->sites.n && i < JSON_CLASS_SITES; i++) {
		const struct site *s = &m->sites[c->sites.entry[i].key];
		const struct symbol *x = model_site_name(m, s);
		cJSON *site = push_object(list);
		put_count(site, "site", s->id);
		put_text(site, "function", x->function);
		put_text(site, "file", x->file);
		put_count(site, "line", x->line);
		put_count(site, "built", c->sites.entry[i].count);
	}
}

static void put_constructor(cJSON *o, const struct class_stats *c)
{
	cJSON *k = put_object(o, "constructor");
	put_count(k, "counted", c->constructions);
	put_number(k, "events", share(c->ctor_events, c->constructions));
	put_number(k, "bytes", share(c->ctor_bytes, c->constructions));
	cJSON *t = put_object(k, "time_ns");
	put_count(t, "low", hist_quantile(&c->ctor_ns_low, 0.5));
	put_count(t, "high", hist_quantile(&c->ctor_ns_high, 0.5));
}

static void put_bound_methods(cJSON *o, const struct model *m, uint32_t class_id)
{
	cJSON *list = NULL;
	for (uint32_t i = 0; i < m->trace->n_bounds; i++) {
		const struct trace_bound *b = &m->trace->bounds[i];
		if (b->class_id != class_id)
			continue;
		list = list ? list : put_array(o, "bound_methods");
		cJSON *bound = push_object(list);
		put_text(bound, "function", b->function);
		put_count(bound, "made", b->n_made);
	}
}

static void put_class(cJSON *list, const struct model *m, const struct py_class *k)
{
	const struct class_stats *c = k->stats;
	double instance_bytes = py_class_structure_bytes(m, k);
	cJSON *o = push_object(list);

	put_text(o, "name", c->name);
	put_text(o, "module", c->module);
	put_count(o, "built", c->built);
	put_count(o, "freed", c->freed);
	put_count(o, "freed_in_gc", c->freed_in_gc);
	put_count(o, "live", c->live);
	put_count(o, "peak_live", c->peak_live);
	put_count(o, "allocated_bytes", c->allocated_bytes);
	put_count(o, "live_bytes", c->live_bytes);
	put_count(o, "peak_live_bytes", c->peak_live_bytes);
	put_quantiles(o, "lifetime_ns", &c->lifetime_ns);
	put_quantiles(o, "object_bytes", &c->size);
	if (instance_bytes > 0)
		put_number(o, "instance_bytes", instance_bytes);
	put_quantiles(o, "owned_bytes", &c->owned_bytes);
	put_count(o, "escaped_blocks", c->escaped_blocks);
	put_count(o, "escaped_bytes", c->escaped_bytes);
	put_count(o, "building_threads", c->threads.n);
	put_count(o, "peak_live_one_thread", c->peak_live_one_thread);
	put_constructor(o, c);
	put_bound_methods(o, m, c->class_id);
	put_class_sites(o, m, c);
}

static bool is_found(const struct findings *findings, const struct class_stats *c)
{
	for (uint32_t i = 0; i < findings->n; i++)
		if (findings->list[i]->class_id == c->class_id)
			return true;
	return false;
}

void json_classes(cJSON *root, const struct model *m, uint32_t top, const struct findings *findings)
{
	cJSON *list = put_array(root, "classes");
	struct census *census = m->n_classes ? census_new(m) : NULL;
	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class k = py_class_at(m, census, i);
		if (i < top || is_found(findings, k.stats))
			put_class(list, m, &k);
	}
	if (census)
		census_free(census);
}
