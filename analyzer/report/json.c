/*
 * The JSON report's small parts, through cJSON, and the report in schema 1.  Keys are documented in
 * docs/report-json.md; they are only added to, never changed, within one schema number.
 */
#include <string.h>

#include "detect/python/census_reader.h"
#include "detect/python/class.h"
#include "report/free_lists.h"
#include "report/json_parts.h"
#include "report/report.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

#define JSON_SITES 1000u /* without --top */

const char *json_path(const char *path, bool confidential)
{
	const char *slash = confidential ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path;
}

/* ---- process ---- */

static void json_put_cost(cJSON *o, const char *key, const struct trace_cost *c)
{
	cJSON *cost = put_object(o, key);
	put_number(cost, "cpu_ms", (double)c->cpu_ns / 1e6);
	put_number(cost, "wall_ms", (double)c->wall_ns / 1e6);
	put_count(cost, "peak_rss_bytes", c->peak_rss_bytes);
	put_count(cost, "wait_status", c->wait_status);
}

static void json_put_modules(cJSON *o, const struct model *m, bool confidential)
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
		put_text(module, "path", json_path(x->path, confidential));
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

static void json_put_arguments(cJSON *o, const struct trace_process *p)
{
	cJSON *argv = put_array(o, "argv");
	for (uint32_t i = 0; i < p->argc; i++) {
		char *clean = text_clean(p->argv[i]);
		cJSON_AddItemToArray(argv, cJSON_CreateString(clean));
		free(clean);
	}
	put_text(o, "cwd", p->cwd);
	put_text(o, "host", p->host);
}

void json_process(cJSON *root, const struct model *m, bool confidential)
{
	const struct trace_process *p = m->process;
	cJSON *o = put_object(root, "process");

	put_text(o, "trace", json_path(m->trace->path, confidential));
	put_text(o, "exe", json_path(p->exe, confidential));
	if (!confidential)
		json_put_arguments(o, p);
	put_count(o, "pid", p->pid);
	put_count(o, "parent_pid", p->ppid);
	put_number(o, "start_unix_s", (double)p->start_real_ns / 1e9);
	put_number(o, "duration_ms", (double)m->duration_ns / 1e6);
	cJSON_AddStringToObject(o, "end", report_end(p));
	if (p->end == PTF_END_EXIT || p->end == PTF_END_QUICK)
		put_count(o, "exit_code", p->exit_code);
	put_text(o, "allocator", json_path(p->allocator, confidential));
	if (p->has_run)
		json_put_cost(o, "run", &p->run);
	if (p->has_baseline)
		json_put_cost(o, "baseline", &p->baseline);
	if (model_untraced_cpu_ns(m))
		put_number(o, "untraced_cpu_ms", (double)model_untraced_cpu_ns(m) / 1e6);
	put_python(o, m);
	put_threads(o, m);
	cJSON *children = put_array(o, "children");
	for (uint32_t i = 0; i < m->trace->n_children; i++)
		cJSON_AddItemToArray(children, cJSON_CreateNumber(m->trace->children[i].pid));
	json_put_modules(o, m, confidential);
}

void json_health(cJSON *root, const struct model *m)
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

	if (report_untraced(m->process))
		cJSON_AddItemToArray(notes, cJSON_CreateString(report_untraced(m->process)));
	if (report_unwritten(m->process))
		cJSON_AddItemToArray(notes, cJSON_CreateString(report_unwritten(m->process)));
	if (report_no_census(m))
		cJSON_AddItemToArray(notes, cJSON_CreateString(report_no_census(m)));
}

/* ---- totals, timeline ---- */

static void json_put_gc(cJSON *o, const struct model_totals *t)
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

void json_totals(cJSON *root, const struct model *m)
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
	json_put_gc(o, t);
}

static void json_put_timeline(cJSON *root, const struct model *m)
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

static void json_put_evidence(cJSON *o, const struct finding *x)
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

static void json_put_where(cJSON *o, const struct model *m, const struct finding *x)
{
	if (!x->n_sites) {
		put_array(o, "where");
		return;
	}

	struct stack_view v = model_site_stack(m, &m->sites[x->sites[0]]);
	uint32_t first = v.named;
	if (x->n_where && first + x->n_where < v.n)
		v.n = first + x->n_where;
	json_frames(o, "where", &v, first);
	cJSON *sites = put_array(o, "sites");
	for (uint32_t i = 0; i < x->n_sites; i++)
		cJSON_AddItemToArray(sites, cJSON_CreateNumber(x->sites[i]));
}

static void json_put_finding(cJSON *list, const struct model *m, const struct finding *x)
{
	cJSON *o = push_object(list);

	put_text(o, "id", x->key);
	put_count(o, "number", x->id);
	cJSON_AddBoolToObject(o, "borderline", x->borderline);
	cJSON_AddStringToObject(o, "kind", x->kind);
	cJSON_AddStringToObject(o, "verdict", verdict_name(x->verdict));
	put_text(o, "title", x->title ? x->title : "");
	json_put_where(o, m, x);
	if (x->ancestor_frame) {
		const struct symbol *under = model_frame_symbol(m, x->ancestor_frame);
		put_text(o, "under", under->function);
	}

	if (x->class_id)
		put_text(o, "class", trace_class(m->trace, x->class_id)->name);
	json_put_evidence(o, x);
	put_prediction(o, &x->prediction);
	put_lines(o, "advice", x->advice);
	put_lines(o, "sketch", x->sketch);
	put_lines(o, "sketch_language", x->sketch_language);
	put_number(o, "confidence", x->confidence);
	put_number(o, "score", x->score);
}

void json_findings(cJSON *o, const struct report_run *r)
{
	const struct model *m = r->model;
	cJSON *findings = put_array(o, "findings");
	for (uint32_t i = 0; i < r->findings.n; i++)
		json_put_finding(findings, m, r->findings.list[i]);
	if (r->findings.n_together) {
		cJSON *all = put_object(o, "findings_together");
		put_count(all, "findings", r->findings.n_together);
		put_prediction(all, &r->findings.together);
	}
	put_lines(o, "nothing", r->findings.nothing);
}

/* ---- all ---- */

static void json_put_run(cJSON *o, const struct report_run *r, const struct report_options *options)
{
	const struct model *m = r->model;
	uint32_t top = options->top ? options->top : JSON_SITES;
	json_health(o, m);
	json_totals(o, m);
	json_put_timeline(o, m);
	json_sites(o, m, top);
	json_classes(o, m, top, &r->findings);
	json_findings(o, r);
	json_process(o, m, false); /* last: it tells which modules the frames above could not use */
}

void json_together(cJSON *root, const struct report_run *runs, uint32_t n)
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

void json_print_schema_1(const struct report_run *runs, uint32_t n_runs,
                         const struct report_options *o)
{
	cJSON *root = cJSON_CreateObject();

	put_count(root, "schema", 1);
	if (n_runs > 1)
		json_together(root, runs, n_runs);
	json_put_run(root, &runs[0], o);
	if (n_runs > 1) {
		cJSON *others = put_array(root, "others");
		for (uint32_t i = 1; i < n_runs; i++)
			json_put_run(push_object(others), &runs[i], o);
	}

	char *text = cJSON_PrintUnformatted(root);
	if (!text)
		die(EXIT_FAILED, "out of memory");
	fputs(text, o->out);
	fputc('\n', o->out);
	free(text);
	cJSON_Delete(root);
}
