/*
 * The report as JSON, through cJSON.  Keys are documented in docs/report-json.md; they are only added
 * to, never changed, within one schema number.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "detect/py_census.h"
#include "detect/py_class.h"
#include "report/free_lists.h"
#include "report/report.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

#define JSON_SCHEMA 1
#define JSON_SITES 1000u /* without --top */
#define JSON_SIZES 16u
#define JSON_FREERS 8u
#define JSON_THREADS 16u
#define JSON_CLASS_SITES 16u

/* ---- small writers ---- */

static void put_number(cJSON *o, const char *key, double value)
{
	cJSON_AddNumberToObject(o, key, value);
}

static void put_count(cJSON *o, const char *key, uint64_t value)
{
	cJSON_AddNumberToObject(o, key, (double)value);
}

static void put_text(cJSON *o, const char *key, const char *text)
{
	char *clean = text_clean(text);
	cJSON_AddStringToObject(o, key, clean);
	free(clean);
}

/* Sketches and advice: keep their line ends; NULL is left out. */
static void put_lines(cJSON *o, const char *key, const char *text)
{
	if (!text)
		return;
	char *clean = text_clean_lines(text);
	cJSON_AddStringToObject(o, key, clean);
	free(clean);
}

static cJSON *put_object(cJSON *o, const char *key)
{
	return cJSON_AddObjectToObject(o, key);
}

static cJSON *put_array(cJSON *o, const char *key)
{
	return cJSON_AddArrayToObject(o, key);
}

static cJSON *push_object(cJSON *array)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddItemToArray(array, o);
	return o;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void put_quantiles(cJSON *o, const char *key, const struct hist *h)
{
	cJSON *q = put_object(o, key);
	put_count(q, "p50", hist_quantile(h, 0.5));
	put_count(q, "p90", hist_quantile(h, 0.9));
	put_count(q, "p99", hist_quantile(h, 0.99));
	put_count(q, "max", h->max);
}

/* ---- process ---- */

static void put_cost(cJSON *o, const char *key, const struct trace_cost *c)
{
	cJSON *cost = put_object(o, key);
	put_number(cost, "cpu_ms", (double)c->cpu_ns / 1e6);
	put_number(cost, "wall_ms", (double)c->wall_ns / 1e6);
	put_count(cost, "peak_rss_bytes", c->peak_rss_bytes);
	put_count(cost, "wait_status", c->wait_status);
}

static void put_modules(cJSON *o, const struct model *m)
{
	cJSON *list = put_array(o, "modules");
	for (uint32_t i = 1; i < m->trace->n_modules; i++) {
		const struct trace_module *x = &m->trace->modules[i];
		const char *trouble = report_module_trouble(m, i);
		if (!*x->path && !x->n_build_id)
			continue;
		cJSON *module = push_object(list);
		char *id = mem_alloc(2 * x->n_build_id + 1);
		for (uint32_t k = 0; k < x->n_build_id; k++)
			sprintf(id + 2 * k, "%02x", x->build_id[k]);
		id[2 * x->n_build_id] = 0;
		put_text(module, "path", x->path);
		cJSON_AddStringToObject(module, "build_id", id);
		if (trouble)
			cJSON_AddStringToObject(module, "trouble", trouble);
		free(id);
	}
}

static void put_threads(cJSON *o, const struct model *m)
{
	cJSON *list = put_array(o, "threads");
	for (uint32_t i = 0; i < m->trace->n_threads; i++) {
		const struct trace_thread *x = &m->trace->threads[i];
		if (!x->tid)
			continue;
		cJSON *thread = push_object(list);
		put_count(thread, "number", i);
		put_count(thread, "tid", x->tid);
		put_text(thread, "name", x->name);
	}
}

static void put_python(cJSON *o, const struct model *m)
{
	const struct trace_process *p = m->process;
	if (!p->python && !*p->python_warning && !*p->python_version)
		return;
	cJSON *python = put_object(o, "python");
	char version[32];
	snprintf(version, sizeof version, "%u.%u.%u", p->python >> 16, p->python >> 8 & 0xff,
	         p->python & 0xff);
	put_text(python, "version", *p->python_version ? p->python_version : version);
	cJSON *hidden = put_array(python, "hidden_by_free_lists");
	for (const char *const *name = free_lists_of(m->n_classes ? p->python : 0); *name; name++)
		cJSON_AddItemToArray(hidden, cJSON_CreateString(*name));
	if (*p->python_warning)
		put_text(python, "warning", p->python_warning);
}

static void put_process(cJSON *root, const struct model *m)
{
	const struct trace_process *p = m->process;
	cJSON *o = put_object(root, "process");
	put_text(o, "trace", m->trace->path);
	put_text(o, "exe", p->exe);
	cJSON *argv = put_array(o, "argv");
	for (uint32_t i = 0; i < p->argc; i++) {
		char *clean = text_clean(p->argv[i]);
		cJSON_AddItemToArray(argv, cJSON_CreateString(clean));
		free(clean);
	}
	put_text(o, "cwd", p->cwd);
	put_text(o, "host", p->host);
	put_count(o, "pid", p->pid);
	put_count(o, "parent_pid", p->ppid);
	put_number(o, "start_unix_s", (double)p->start_real_ns / 1e9);
	put_number(o, "duration_ms", (double)m->duration_ns / 1e6);
	cJSON_AddStringToObject(o, "end", report_end(p));
	if (p->end == PTF_END_EXIT || p->end == PTF_END_QUICK)
		put_count(o, "exit_code", p->exit_code);
	put_text(o, "allocator", p->allocator);
	if (p->has_run)
		put_cost(o, "run", &p->run);
	if (p->has_baseline)
		put_cost(o, "baseline", &p->baseline);
	if (model_untraced_cpu_ns(m))
		put_number(o, "untraced_cpu_ms", (double)model_untraced_cpu_ns(m) / 1e6);
	put_python(o, m);
	put_threads(o, m);
	cJSON *children = put_array(o, "children");
	for (uint32_t i = 0; i < m->trace->n_children; i++)
		cJSON_AddItemToArray(children, cJSON_CreateNumber(m->trace->children[i].pid));
	put_modules(o, m);
}

static void put_health(cJSON *root, const struct model *m)
{
	const struct model_health *h = &m->health;
	const struct trace_health *t = &m->trace->health;
	cJSON *o = put_object(root, "health");
	put_count(o, "events", h->events);
	put_count(o, "lost_events", h->lost_events);
	put_count(o, "unmatched_frees", h->unmatched_frees);
	put_count(o, "double_allocs", h->double_allocs);
	put_count(o, "failed_reallocs", h->undone_reallocs);
	put_count(o, "truncated_stacks", h->truncated_stacks);
	put_count(o, "unknown_stacks", h->unknown_stacks);
	put_count(o, "failed_allocs", m->process->failed_allocs);
	cJSON_AddBoolToObject(o, "complete", h->complete);
	put_count(o, "damaged_chunks", t->damaged_chunks);
	if (t->damaged_chunks) {
		put_count(o, "first_damage_offset", t->first_damage_offset);
		cJSON_AddStringToObject(o, "first_damage", t->first_damage);
		put_count(o, "unread_bytes", t->unread_bytes);
	}
	if (m->process->stop_reason)
		cJSON_AddStringToObject(o, "stopped", report_stop_reason(m->process->stop_reason));
	cJSON *notes = put_array(o, "notes");
	for (uint32_t i = 0; i < m->trace->n_notes; i++) {
		char *clean = text_clean(m->trace->notes[i]);
		cJSON_AddItemToArray(notes, cJSON_CreateString(clean));
		free(clean);
	}
	if (report_unwritten(m->process))
		cJSON_AddItemToArray(notes, cJSON_CreateString(report_unwritten(m->process)));
}

/* ---- totals, timeline ---- */

static void put_gc(cJSON *o, const struct model_totals *t)
{
	if (!t->gc_pause.total)
		return;
	cJSON *gc = put_object(o, "gc");
	cJSON *generations = put_array(gc, "generations");
	for (unsigned i = 0; i < 3; i++) {
		cJSON *g = push_object(generations);
		put_count(g, "collections", t->gc_collections[i]);
		put_count(g, "collected", t->gc_collected[i]);
		put_number(g, "pause_ms", (double)t->gc_pause_ns[i] / 1e6);
	}
	put_quantiles(gc, "pause_ns", &t->gc_pause);
}

static void put_totals(cJSON *root, const struct model *m)
{
	const struct model_totals *t = &m->totals;
	cJSON *o = put_object(root, "totals");
	put_count(o, "allocs", t->allocs);
	put_count(o, "frees", t->frees);
	put_count(o, "allocated_bytes", t->allocated_bytes);
	put_count(o, "live_blocks", t->live_blocks);
	put_count(o, "live_bytes", t->live_bytes);
	put_count(o, "peak_live_bytes", t->peak_live_bytes);
	put_count(o, "peak_live_blocks", t->peak_live_blocks);
	put_number(o, "peak_ms", (double)t->peak_ns / 1e6);
	put_count(o, "temporary_allocs", t->temporary_allocs);
	put_count(o, "reallocs", t->reallocs);
	put_count(o, "reallocs_moved", t->realloc_moved);
	put_count(o, "callocs", t->callocs);
	put_count(o, "cross_thread_frees", t->cross_thread_frees);
	put_count(o, "peak_reserved_bytes", t->peak_reserved_bytes);
	put_count(o, "reserved_bytes", t->reserved_bytes);
	put_count(o, "peak_mapped_bytes", t->peak_mapped_bytes);
	put_count(o, "mapped_bytes", t->mapped_bytes);
	put_number(o, "allocs_per_s", report_per_second(m, t->allocs));
	put_number(o, "bytes_per_s", report_per_second(m, t->allocated_bytes));
	put_gc(o, t);
}

static void put_timeline(cJSON *root, const struct model *m)
{
	cJSON *list = put_array(root, "timeline");
	for (uint32_t i = 0; i < m->n_timeline; i++) {
		const struct model_point *p = &m->timeline[i];
		cJSON *o = push_object(list);
		put_number(o, "time_ms", (double)p->time_ns / 1e6);
		put_count(o, "live_bytes", p->live_bytes);
		put_count(o, "live_blocks", p->live_blocks);
		put_count(o, "allocs", p->allocs);
		put_count(o, "frees", p->frees);
		put_count(o, "allocated_bytes", p->allocated_bytes);
		put_count(o, "reserved_bytes", p->reserved_bytes);
	}
}

/* ---- sites ---- */

static void put_frames(cJSON *o, const char *key, const struct stack_view *v, uint32_t first)
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
	for (uint32_t i = 0; i < s->sizes.n && i < JSON_SIZES; i++) {
		cJSON *size = push_object(list);
		put_count(size, "bytes", s->sizes.entry[i].key);
		put_count(size, "count", s->sizes.entry[i].count);
		put_number(size, "share", share(s->sizes.entry[i].count, s->allocs));
	}
	put_count(o, "distinct_sizes", s->sizes.n);
	if (s->sizes.overflow)
		put_count(o, "allocs_of_further_sizes", s->sizes.overflow);
}

static void put_freers(cJSON *o, const struct model *m, const struct site *s)
{
	cJSON *list = put_array(o, "freed_by");
	for (uint32_t i = 0; i < s->freers.n && i < JSON_FREERS; i++) {
		struct stack_view v = model_stack(m, (uint32_t)s->freers.entry[i].key);
		cJSON *freer = push_object(list);
		put_count(freer, "count", s->freers.entry[i].count);
		put_frames(freer, "frames", &v, 0);
	}
}

static void put_site_threads(cJSON *o, const struct site *s)
{
	cJSON *list = put_array(o, "threads");
	for (uint32_t i = 0; i < s->n_threads && i < JSON_THREADS; i++) {
		cJSON *t = push_object(list);
		put_count(t, "thread", s->threads[i].thread);
		put_count(t, "allocs", s->threads[i].n_allocs);
		put_count(t, "peak_live_blocks", s->threads[i].peak_live_blocks);
	}
}

static void put_realloc(cJSON *o, const struct site *s)
{
	if (!s->realloc_calls && !s->chains)
		return;
	cJSON *r = put_object(o, "realloc");
	put_count(r, "calls", s->realloc_calls);
	put_count(r, "moved", s->realloc_moved);
	put_count(r, "copied_bytes", s->realloc_copied_bytes);
	put_count(r, "chains", s->chains);
	if (s->chains) {
		put_quantiles(r, "chain_length", &s->chain_length);
		put_quantiles(r, "final_bytes", &s->final_size);
	}
}

/* Numbers that add up over sites. */
static void put_site_sums(cJSON *o, const struct site *s)
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
	put_count(o, "peak_live_blocks", s->peak_live_blocks);
	put_count(o, "peak_live_bytes", s->peak_live_bytes);
	put_number(o, "allocs_per_s", report_per_second(m, s->allocs));
	put_number(o, "bytes_per_s", report_per_second(m, s->allocated_bytes));
	put_number(o, "churn_ratio", share(s->allocated_bytes, s->peak_live_bytes));
	put_number(o, "temporary_share", share(s->temporary, s->allocs));
	put_number(o, "cross_thread_frees_share", share(s->cross_thread_frees, s->frees));
	put_number(o, "lifo_share", share(s->lifo_frees, s->frees));
	put_number(o, "fifo_share", share(s->fifo_frees, s->frees));
	put_count(o, "zero_epochs", s->zero_epochs);
	put_count(o, "callocs", s->n_calloc);
	put_count(o, "alignment", s->align_log2 ? 1ull << (s->align_log2 & 63) : 0);
	put_quantiles(o, "lifetime_ns", &s->lifetime_ns);
	put_quantiles(o, "lifetime_events", &s->lifetime_events);
	put_quantiles(o, "lifetime_bytes", &s->lifetime_bytes);
	put_quantiles(o, "concurrency", &s->concurrency);
}

static void put_site(cJSON *list, const struct model *m, const struct site *s)
{
	struct stack_view v = model_site_stack(m, s);
	cJSON *o = push_object(list);
	put_count(o, "id", s->id);
	put_frames(o, "frames", &v, 0);
	put_count(o, "name_frame", v.named);
	if (v.flags & (PTF_STACK_CUT | PTF_STACK_LOST))
		cJSON_AddTrueToObject(o, "truncated");
	if (s->class_id)
		put_text(o, "class", trace_class(m->trace, s->class_id)->name);
	put_site_sums(o, s);
	put_site_own(o, m, s);
	put_sizes(o, s);
	put_freers(o, m, s);
	put_site_threads(o, s);
	put_realloc(o, s);
}

static void sum_site(struct site *sum, const struct site *s)
{
	sum->allocs += s->allocs;
	sum->frees += s->frees;
	sum->allocated_bytes += s->allocated_bytes;
	sum->live_blocks += s->live_blocks;
	sum->live_bytes += s->live_bytes;
	sum->at_peak_blocks += s->at_peak_blocks;
	sum->at_peak_bytes += s->at_peak_bytes;
	sum->temporary += s->temporary;
	sum->cross_thread_frees += s->cross_thread_frees;
	sum->gc_frees += s->gc_frees;
}

/* Shown are those that lead one of the orders; the rest is one row, so that columns add up. */
static bool *choose_sites(const struct model *m, uint32_t top)
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

static void put_sites(cJSON *root, const struct model *m, uint32_t top)
{
	cJSON *list = put_array(root, "sites");
	const struct site **sorted = report_sorted_sites(m, ORDER_CHURN);
	bool *chosen = choose_sites(m, top);
	struct site rest = {0};
	uint32_t n_rest = 0;
	for (uint32_t i = 0; i < m->n_sites; i++) {
		if (chosen[sorted[i]->id]) {
			put_site(list, m, sorted[i]);
		} else {
			sum_site(&rest, sorted[i]);
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

static void put_classes(cJSON *root, const struct model *m, uint32_t top)
{
	cJSON *list = put_array(root, "classes");
	struct census *census = m->n_classes ? census_new(m) : NULL;
	for (uint32_t i = 0; i < m->n_classes && i < top; i++) {
		struct py_class k = py_class_at(m, census, i);
		put_class(list, m, &k);
	}
	if (census)
		census_free(census);
}

/* ---- findings ---- */

static void put_interval(cJSON *o, const char *key, const struct interval *i)
{
	if (!i->present)
		return;
	cJSON *x = put_object(o, key);
	put_number(x, "low", i->low);
	put_number(x, "high", i->high);
}

static void put_prediction(cJSON *o, const struct prediction *p)
{
	cJSON *x = put_object(o, "prediction");
	cJSON_AddStringToObject(x, "tier", tier_name(p->tier));
	put_interval(x, "allocator_calls_saved", &p->allocator_calls_saved);
	put_interval(x, "live_bytes_saved", &p->live_bytes_saved);
	put_interval(x, "cpu_ms_saved", &p->cpu_ms_saved);
	put_interval(x, "objects_saved", &p->objects_saved);
	put_lines(x, "assumes", p->assumes);
}

static void put_evidence(cJSON *o, const struct finding *x)
{
	cJSON *list = put_array(o, "evidence");
	for (uint32_t i = 0; i < x->n_evidence; i++) {
		const struct evidence *e = &x->evidence[i];
		cJSON *row = push_object(list);
		cJSON_AddStringToObject(row, "name", e->name);
		if (e->text)
			put_text(row, "text", e->text);
		else
			put_number(row, "value", e->value);
		if (e->unit && *e->unit)
			cJSON_AddStringToObject(row, "unit", e->unit);
		if (e->threshold)
			cJSON_AddStringToObject(row, "threshold", e->threshold);
	}
}

static void put_where(cJSON *o, const struct model *m, const struct finding *x)
{
	if (!x->n_sites) {
		put_array(o, "where");
		return;
	}
	struct stack_view v = model_site_stack(m, &m->sites[x->sites[0]]);
	uint32_t first = v.named;
	if (x->n_where && first + x->n_where < v.n)
		v.n = first + x->n_where;
	put_frames(o, "where", &v, first);
	cJSON *sites = put_array(o, "sites");
	for (uint32_t i = 0; i < x->n_sites; i++)
		cJSON_AddItemToArray(sites, cJSON_CreateNumber(x->sites[i]));
}

static void put_finding(cJSON *list, const struct model *m, const struct finding *x)
{
	cJSON *o = push_object(list);
	put_count(o, "id", x->id);
	cJSON_AddStringToObject(o, "kind", x->kind);
	cJSON_AddStringToObject(o, "verdict", verdict_name(x->verdict));
	put_text(o, "title", x->title ? x->title : "");
	put_where(o, m, x);
	if (x->ancestor_frame) {
		const struct symbol *under = model_frame_symbol(m, x->ancestor_frame);
		put_text(o, "under", under->function);
	}
	if (x->class_id)
		put_text(o, "class", trace_class(m->trace, x->class_id)->name);
	put_evidence(o, x);
	put_prediction(o, &x->prediction);
	put_lines(o, "advice", x->advice);
	put_lines(o, "sketch", x->sketch);
	put_lines(o, "sketch_language", x->sketch_language);
	put_number(o, "confidence", x->confidence);
	put_number(o, "score", x->score);
}

/* ---- all ---- */

static void put_run(cJSON *o, const struct report_run *r, const struct report_options *options)
{
	const struct model *m = r->model;
	uint32_t top = options->top ? options->top : JSON_SITES;
	put_health(o, m);
	put_totals(o, m);
	put_timeline(o, m);
	put_sites(o, m, top);
	put_classes(o, m, top);
	cJSON *findings = put_array(o, "findings");
	for (uint32_t i = 0; i < r->findings.n; i++)
		put_finding(findings, m, r->findings.list[i]);
	if (r->findings.n_together) {
		cJSON *all = put_object(o, "findings_together");
		put_count(all, "findings", r->findings.n_together);
		put_prediction(all, &r->findings.together);
	}
	put_lines(o, "nothing", r->findings.nothing);
	put_process(o, m); /* last: it tells which modules the frames above could not use */
}

static void put_together(cJSON *root, const struct report_run *runs, uint32_t n)
{
	static const char *const keys[] = {"allocs",      "frees",      "allocated_bytes",
	                                   "live_blocks", "live_bytes", "temporary_allocs",
	                                   "reallocs"};
	cJSON *together = put_object(root, "together");
	put_count(together, "processes", n);
	for (unsigned k = 0; k < sizeof keys / sizeof *keys; k++) {
		double sum = 0;
		for (uint32_t i = 0; i < n; i++) {
			const struct model_totals *t = &runs[i].model->totals;
			const uint64_t values[] = {t->allocs,          t->frees,
			                           t->allocated_bytes, t->live_blocks,
			                           t->live_bytes,      t->temporary_allocs,
			                           t->reallocs};
			sum += (double)values[k];
		}
		put_number(together, keys[k], sum);
	}
}

static void json_print(const struct report_run *runs, uint32_t n_runs,
                       const struct report_options *o)
{
	cJSON *root = cJSON_CreateObject();
	put_count(root, "schema", JSON_SCHEMA);
	if (n_runs > 1)
		put_together(root, runs, n_runs);
	put_run(root, &runs[0], o);
	if (n_runs > 1) {
		cJSON *others = put_array(root, "others");
		for (uint32_t i = 1; i < n_runs; i++)
			put_run(push_object(others), &runs[i], o);
	}
	char *text = cJSON_Print(root);
	if (!text)
		die(EXIT_FAILED, "out of memory");
	fputs(text, o->out);
	fputc('\n', o->out);
	free(text);
	cJSON_Delete(root);
}

const struct report_format report_json = {"json", json_print};
