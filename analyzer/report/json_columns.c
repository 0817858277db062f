/* See json_columns.h. */
#include "report/json_columns.h"

#include <stdlib.h>
#include <string.h>

#include "detect/python/census_reader.h"
#include "detect/python/class.h"
#include "report/holders.h"
#include "report/json_announced.h"
#include "report/json_parts.h"
#include "report/site_rows.h"
#include "report/source_lines.h"
#include "util/mem.h"

#define DETAIL_FREERS 8u
#define FINDING_SITES 64u /* of one finding that are shown however small */
#define HOLDERS 20u       /* of a heap graph */
#define SOURCE_BYTES 160u
#define SOURCE_PLACES 400u /* places with their source line */

/* A class's row; stats NULL: no instance was counted. */
struct class_row {
	uint32_t class_id;
	const struct class_stats *stats;
	double instance_bytes; /* 0 unknown */
};

struct columns {
	const struct model *m;
	const struct columns_setting *setting;
	struct places places;
	struct stack_table table;
	struct site_row *rows;
	uint32_t n_rows;
	struct class_row *classes;
	uint32_t n_classes, classes_room;
	uint32_t *class_row; /* by class id: row + 1 */
};

/* ---- preparation ---- */

static void add_class(struct columns *c, uint32_t class_id, const struct class_stats *stats,
                      double instance_bytes)
{
	if (class_id >= c->m->trace->n_classes || c->class_row[class_id])
		return;
	*MEM_PUSH(c->classes, c->n_classes, c->classes_room) = (struct class_row){class_id, stats,
	                                                                          instance_bytes};
	c->class_row[class_id] = c->n_classes;
}

static void collect_classes(struct columns *c)
{
	struct census *census = c->m->n_classes ? census_new(c->m) : NULL;

	c->class_row = mem_zalloc(c->m->trace->n_classes + 1, sizeof *c->class_row);
	for (uint32_t i = 0; i < c->m->n_classes; i++) {
		struct py_class k = py_class_at(c->m, census, i);
		double bytes = py_class_structure_bytes(c->m, &k);
		add_class(c, k.stats->class_id, k.stats, bytes > 0 ? bytes : 0);
	}

	if (census)
		census_free(census);
	for (uint32_t i = 0; i < c->places.n; i++)
		if (c->places.list[i].class_id)
			add_class(c, c->places.list[i].class_id, NULL, 0);
}

/* Everything that a column refers to gets its number before the first column is written. */
static void json_columns_collect_names(struct columns *c)
{
	for (uint32_t i = 0; i < c->n_rows; i++)
		stack_table_node(&c->table, c->rows[i].trace_node);
	for (uint32_t i = 0; i < c->places.n; i++) {
		const struct place *x = &c->places.list[i];
		if (x->symbol)
			stack_table_frame(&c->table, x->symbol);
		if (x->label)
			stack_table_string(&c->table, x->label);
	}

	for (uint32_t i = 0; i < c->n_classes; i++) {
		const struct trace_class *k = trace_class(c->m->trace, c->classes[i].class_id);
		stack_table_string(&c->table, k->name);
		stack_table_string(&c->table, k->module);
	}
	json_announced_names(&c->table, model_announced(c->m));
}

static void collect_freers(struct columns *c, const bool *chosen)
{
	for (uint32_t i = 0; i < c->m->n_sites; i++) {
		const struct site *s = &c->m->sites[i];
		struct site_list freers;
		site_freers(s, &freers);
		for (uint32_t k = 0; chosen[i] && k < freers.n && k < DETAIL_FREERS; k++) {
			uint32_t stack = (uint32_t)freers.entry[k].key;
			stack_table_node(&c->table, trace_stack(c->m->trace, stack)->node);
		}
	}
}

/* What a finding is about is shown however small it is. */
static void keep_findings(const struct findings *f, bool *chosen)
{
	for (uint32_t i = 0; i < f->n; i++)
		for (uint32_t k = 0; k < f->list[i]->n_sites && k < FINDING_SITES; k++)
			chosen[f->list[i]->sites[k]] = true;
}

/* ---- modules, timeline ---- */

static void json_columns_put_modules(struct json_stream *j, const struct columns *c)
{
	const struct trace *t = c->m->trace;

	json_begin(j, "modules", '[');
	for (uint32_t i = 0; i < t->n_modules; i++) {
		const struct trace_module *x = &t->modules[i];
		char *id = mem_alloc(2 * x->n_build_id + 1);
		for (uint32_t k = 0; k < x->n_build_id; k++)
			sprintf(id + 2 * k, "%02x", x->build_id[k]);
		id[2 * x->n_build_id] = 0;
		json_begin(j, NULL, '{');
		json_text(j, "path", i ? json_path(x->path, c->setting->confidential) : "", 0);
		json_text(j, "build_id", id, 0);
		json_end(j, '}');
		free(id);
	}

	json_end(j, ']');
}

#define POINT(name, expression)                                                              \
	static uint64_t point_##name(const void *context, uint32_t i)                        \
	{                                                                                    \
		const struct model_point *p = &((const struct model *)context)->timeline[i]; \
		return expression;                                                           \
	}
POINT(time, p->time_ns)
POINT(live_bytes, p->live_bytes)
POINT(live_blocks, p->live_blocks)
POINT(reserved, p->reserved_bytes)
POINT(allocs, p->allocs)
POINT(frees, p->frees)
POINT(allocated, p->allocated_bytes)

static uint64_t mark_time(const void *m, uint32_t i)
{
	return ((const struct model *)m)->times_ns[i];
}

static void json_columns_put_timeline(struct json_stream *j, const struct model *m)
{
	json_begin(j, "timeline", '{');
	json_column(j, "time_ns", m->n_timeline, point_time, m);
	json_column(j, "live_bytes", m->n_timeline, point_live_bytes, m);
	json_column(j, "live_blocks", m->n_timeline, point_live_blocks, m);
	json_column(j, "reserved_bytes", m->n_timeline, point_reserved, m);
	json_column(j, "allocs", m->n_timeline, point_allocs, m);
	json_column(j, "frees", m->n_timeline, point_frees, m);
	json_column(j, "allocated_bytes", m->n_timeline, point_allocated, m);
	json_column(j, "marks_ns", MODEL_TIMES, mark_time, m);
	json_end(j, '}');
}

/* ---- sites ---- */

#define ROW(name, expression)                                       \
	static uint64_t row_##name(const void *context, uint32_t i) \
	{                                                           \
		const struct columns *c = context;                  \
		const struct site_row *r = &c->rows[i];             \
		(void)c;                                            \
		return expression;                                  \
	}
ROW(stack, c->table.node_of[r->trace_node])
ROW(place, r->site ? c->places.of_site[r->site->id] + 1 : 0)
ROW(id, r->site ? r->site->id + 1 : 0)
ROW(folded, r->site ? 0 : r->n_sites)
ROW(truncated,
    r->site &&trace_stack(c->m->trace, r->site->stack)->flags &(PTF_STACK_CUT | PTF_STACK_LOST) ? 1
                                                                                                : 0)
ROW(allocs, r->sums.allocs)
ROW(allocated, r->sums.allocated_bytes)
ROW(live_blocks, r->sums.live_blocks)
ROW(live_bytes, r->sums.live_bytes)
ROW(at_peak_blocks, r->sums.at_peak_blocks)
ROW(at_peak_bytes, r->sums.at_peak_bytes)
ROW(temporary, r->sums.temporary)
ROW(cross_thread, r->sums.cross_thread_frees)
ROW(gc_frees, r->sums.gc_frees)
ROW(own_peak_blocks, r->site ? r->site->peak_live_blocks : 0)
ROW(own_peak_bytes, r->site ? r->site->peak_live_bytes : 0)
ROW(thread, r->site && r->site->n_threads ? site_thread_at(r->site, 0).thread : 0)

static void json_columns_put_sites(struct json_stream *j, const struct columns *c)
{
	json_begin(j, "sites", '{');
	json_count(j, "n", c->n_rows);
	json_column(j, "stack", c->n_rows, row_stack, c);
	json_column(j, "place", c->n_rows, row_place, c);
	if (c->setting->least_share > 0) {
		json_column(j, "id", c->n_rows, row_id, c);
		json_column(j, "folded_sites", c->n_rows, row_folded, c);
	}

	json_column(j, "truncated", c->n_rows, row_truncated, c);
	json_column(j, "allocs", c->n_rows, row_allocs, c);
	json_column(j, "allocated_bytes", c->n_rows, row_allocated, c);
	json_column(j, "live_blocks", c->n_rows, row_live_blocks, c);
	json_column(j, "live_bytes", c->n_rows, row_live_bytes, c);
	json_column(j, "at_peak_blocks", c->n_rows, row_at_peak_blocks, c);
	json_column(j, "at_peak_bytes", c->n_rows, row_at_peak_bytes, c);
	json_column(j, "temporary_allocs", c->n_rows, row_temporary, c);
	json_column(j, "cross_thread_frees", c->n_rows, row_cross_thread, c);
	json_column(j, "gc_frees", c->n_rows, row_gc_frees, c);
	json_column(j, "peak_live_blocks", c->n_rows, row_own_peak_blocks, c);
	json_column(j, "peak_live_bytes", c->n_rows, row_own_peak_bytes, c);
	json_column(j, "thread", c->n_rows, row_thread, c);
	json_end(j, '}');
}

static void json_columns_put_freers(cJSON *o, const struct columns *c, const struct site *s)
{
	cJSON *list = put_array(o, "freed_by");
	struct site_list freers;

	site_freers(s, &freers);
	for (uint32_t i = 0; i < freers.n && i < DETAIL_FREERS; i++) {
		uint32_t stack = (uint32_t)freers.entry[i].key;
		cJSON *freer = push_object(list);
		put_count(freer, "count", freers.entry[i].count);
		put_count(freer, "stack", c->table.node_of[trace_stack(c->m->trace, stack)->node]);
	}
}

static void put_details(struct json_stream *j, const struct columns *c, const bool *chosen)
{
	json_begin(j, "details", '[');
	for (uint32_t row = 0; row < c->n_rows; row++) {
		const struct site *s = c->rows[row].site;
		if (!s || !chosen[s->id])
			continue;
		cJSON *o = cJSON_CreateObject();
		put_count(o, "site", row);
		json_site_details(o, c->m, s);
		json_columns_put_freers(o, c, s);
		cJSON *marks = put_array(o, "live_bytes_at");
		for (uint32_t k = 0; k < MODEL_TIMES; k++)
			cJSON_AddItemToArray(marks,
			                     cJSON_CreateNumber((double)site_live_bytes_at(s, k)));
		json_part(j, NULL, o);
	}

	json_end(j, ']');
}

/* ---- places ---- */

#define PLACE(name, expression)                                       \
	static uint64_t place_##name(const void *context, uint32_t i) \
	{                                                             \
		const struct columns *c = context;                    \
		const struct place *p = &c->places.list[i];           \
		(void)c;                                              \
		return expression;                                    \
	}
PLACE(frame, p->symbol ? stack_table_frame((struct stack_table *)&c->table, p->symbol) + 1 : 0)
PLACE(label, p->label ? stack_table_string((struct stack_table *)&c->table, p->label) : 0)
PLACE(class, p->class_id < c->m->trace->n_classes ? c->class_row[p->class_id] : 0)
PLACE(sites, p->n_sites)
PLACE(allocs, p->sums.allocs)
PLACE(allocated, p->sums.allocated_bytes)
PLACE(live_blocks, p->sums.live_blocks)
PLACE(live_bytes, p->sums.live_bytes)
PLACE(at_peak_blocks, p->sums.at_peak_blocks)
PLACE(at_peak_bytes, p->sums.at_peak_bytes)
PLACE(temporary, p->sums.temporary)
PLACE(cross_thread, p->sums.cross_thread_frees)
PLACE(gc_frees, p->sums.gc_frees)
PLACE(thread, p->thread)
PLACE(threads, p->n_threads)
PLACE(lifetime, hist_quantile(&p->lifetime_ns, 0.5))

static void put_places(struct json_stream *j, const struct columns *c)
{
	uint32_t n = c->places.n;

	json_begin(j, "places", '{');
	json_count(j, "n", n);
	json_column(j, "frame", n, place_frame, c);
	json_column(j, "label", n, place_label, c);
	json_column(j, "class", n, place_class, c);
	json_column(j, "sites", n, place_sites, c);
	json_column(j, "allocs", n, place_allocs, c);
	json_column(j, "allocated_bytes", n, place_allocated, c);
	json_column(j, "live_blocks", n, place_live_blocks, c);
	json_column(j, "live_bytes", n, place_live_bytes, c);
	json_column(j, "at_peak_blocks", n, place_at_peak_blocks, c);
	json_column(j, "at_peak_bytes", n, place_at_peak_bytes, c);
	json_column(j, "temporary_allocs", n, place_temporary, c);
	json_column(j, "cross_thread_frees", n, place_cross_thread, c);
	json_column(j, "gc_frees", n, place_gc_frees, c);
	json_column(j, "thread", n, place_thread, c);
	json_column(j, "threads", n, place_threads, c);
	json_column(j, "lifetime_ns", n, place_lifetime, c);
	json_end(j, '}');
}

static int by_bytes(const void *a, const void *b)
{
	const struct place *x = *(const struct place *const *)a,
			   *y = *(const struct place *const *)b;
	uint64_t v = x->sums.allocated_bytes, w = y->sums.allocated_bytes;
	return v != w ? (v < w ? 1 : -1) : x->frame < y->frame ? -1 : x->frame > y->frame;
}

/* The source lines of the places with most bytes: frame and text. */
static void put_source(struct json_stream *j, struct columns *c)
{
	struct source_lines *lines = source_lines_new(c->m->process->cwd);
	const struct place **sorted = mem_zalloc(c->places.n + 1, sizeof(*sorted));
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->places.n; i++)
		if (c->places.list[i].symbol)
			sorted[n++] = &c->places.list[i];
	qsort(sorted, n, sizeof(*sorted), by_bytes);

	json_begin(j, "source", '[');
	for (uint32_t i = 0; i < n && i < SOURCE_PLACES; i++) {
		const struct symbol *x = sorted[i]->symbol;
		const char *text = source_line(lines, x->file, x->line);
		if (!text || !*text)
			continue;
		json_begin(j, NULL, '{');
		json_count(j, "frame", stack_table_frame(&c->table, x) + 1);
		json_text(j, "text", text, SOURCE_BYTES);
		json_end(j, '}');
	}
	json_end(j, ']');
	free(sorted);
	source_lines_free(lines);
}

/* ---- classes ---- */

static uint64_t class_name(const void *context, uint32_t i)
{
	const struct columns *c = context;
	const struct trace_class *k = trace_class(c->m->trace, c->classes[i].class_id);
	return stack_table_string((struct stack_table *)&c->table, k->name);
}

static uint64_t class_module(const void *context, uint32_t i)
{
	const struct columns *c = context;
	const struct trace_class *k = trace_class(c->m->trace, c->classes[i].class_id);
	return stack_table_string((struct stack_table *)&c->table, k->module);
}

#define CLASS(name, expression)                                                             \
	static uint64_t class_##name(const void *context, uint32_t i)                       \
	{                                                                                   \
		const struct class_row *k = &((const struct columns *)context)->classes[i]; \
		const struct class_stats *s = k->stats;                                     \
		return s ? (uint64_t)(expression) : 0;                                      \
	}
CLASS(built, s->built)
CLASS(freed, s->freed)
CLASS(freed_in_gc, s->freed_in_gc)
CLASS(live, s->live)
CLASS(peak_live, s->peak_live)
CLASS(allocated, s->allocated_bytes)
CLASS(live_bytes, s->live_bytes)
CLASS(peak_live_bytes, s->peak_live_bytes)
CLASS(object_bytes, hist_quantile(&s->size, 0.5))
CLASS(instance_bytes, k->instance_bytes)
CLASS(owned, hist_quantile(&s->owned_bytes, 0.5))
CLASS(escaped_blocks, s->escaped_blocks)
CLASS(escaped_bytes, s->escaped_bytes)
CLASS(lifetime, hist_quantile(&s->lifetime_ns, 0.5))
CLASS(ctor_low, hist_quantile(&s->ctor_ns_low, 0.5))
CLASS(ctor_high, hist_quantile(&s->ctor_ns_high, 0.5))
CLASS(threads, s->threads.n)

static void json_columns_put_classes(struct json_stream *j, const struct columns *c)
{
	uint32_t n = c->n_classes;

	json_begin(j, "classes", '{');
	json_count(j, "n", n);
	json_column(j, "name", n, class_name, c);
	json_column(j, "module", n, class_module, c);
	json_column(j, "built", n, class_built, c);
	json_column(j, "freed", n, class_freed, c);
	json_column(j, "freed_in_gc", n, class_freed_in_gc, c);
	json_column(j, "live", n, class_live, c);
	json_column(j, "peak_live", n, class_peak_live, c);
	json_column(j, "allocated_bytes", n, class_allocated, c);
	json_column(j, "live_bytes", n, class_live_bytes, c);
	json_column(j, "peak_live_bytes", n, class_peak_live_bytes, c);
	json_column(j, "object_bytes", n, class_object_bytes, c);
	json_column(j, "instance_bytes", n, class_instance_bytes, c);
	json_column(j, "owned_bytes", n, class_owned, c);
	json_column(j, "escaped_blocks", n, class_escaped_blocks, c);
	json_column(j, "escaped_bytes", n, class_escaped_bytes, c);
	json_column(j, "lifetime_ns", n, class_lifetime, c);
	json_column(j, "constructor_low_ns", n, class_ctor_low, c);
	json_column(j, "constructor_high_ns", n, class_ctor_high, c);
	json_column(j, "building_threads", n, class_threads, c);
	json_end(j, '}');
}

/* ---- who holds it ---- */

static void put_graph_holders(struct json_stream *j, const struct model *m, uint32_t number)
{
	struct heap_graph *g = number != HEAP_NONE ? heap_graph_new(m->trace, number) : NULL;
	char path[1000];
	uint32_t n;
	if (!g)
		return;

	uint32_t *list = holders_choose(g, HOLDERS, &n);
	for (uint32_t i = 0; i < n; i++) {
		const struct heap_node *x = &g->node[list[i]];
		heap_path_text(m, g, list[i], path, sizeof path);
		json_begin(j, NULL, '{');
		json_text(j, "when", holders_moment(g), 0);
		json_count(j, "retained_bytes", x->retained_bytes);
		json_count(j, "objects", x->n_retained);
		json_text(j, "path", path, 0);
		json_end(j, '}');
	}
	free(list);
	heap_graph_free(g);
}

static void put_holders(struct json_stream *j, const struct model *m)
{
	if (!m->trace->n_heaps)
		return;
	json_begin(j, "holders", '[');
	put_graph_holders(j, m, heap_graph_last_of(m->trace, PTF_HEAP_AT_PEAK));
	put_graph_holders(j, m, heap_graph_last_of(m->trace, PTF_HEAP_AT_EXIT));
	json_end(j, ']');
}

/* ---- all ---- */

/* Moves the members of a cJSON object into the object that is open. */
static void put_members(struct json_stream *j, cJSON *o)
{
	while (o->child) {
		cJSON *item = cJSON_DetachItemViaPointer(o, o->child);
		json_part(j, item->string, item);
	}
	cJSON_Delete(o);
}

/* A copy of the text with the last part of each absolute path alone; to be freed. */
static char *without_directories(const char *s)
{
	char *out = mem_alloc(strlen(s) + 1), *to = out;

	for (const char *p = s; *p;) {
		bool begins = *p == '/' && (p == s || strchr(" \t\n'\"`(=:,", p[-1])) && p[1] &&
		              !strchr("/* =", p[1]);
		size_t n = begins ? strcspn(p, " \t\n'\"`),") : 1;
		const char *from = p, *end = p + n;
		for (const char *c = p; begins && c < end; c++)
			from = *c == '/' ? c + 1 : from;
		memcpy(to, from, (size_t)(end - from));
		to += end - from;
		p = end;
	}

	*to = 0;
	return out;
}

/* Findings and notes quote paths: of a confidential report they keep the last parts. */
static void hide_directories(cJSON *item)
{
	for (cJSON *x = item->child; x; x = x->next)
		hide_directories(x);
	if (!cJSON_IsString(item))
		return;
	bool is_path = item->string &&
	               (!strcmp(item->string, "file") || !strcmp(item->string, "module"));
	char *text = is_path ? mem_strdup(json_path(item->valuestring, true))
	                     : without_directories(item->valuestring);
	cJSON_SetValuestring(item, text);
	free(text);
}

static void put_small_parts(struct json_stream *j, const struct report_run *r,
                            const struct columns_setting *s)
{
	cJSON *o = cJSON_CreateObject();
	json_process(o, r->model, s->confidential);
	json_health(o, r->model);
	json_totals(o, r->model);
	json_findings(o, r);
	if (s->confidential)
		hide_directories(o);
	put_members(j, o);
	json_columns_put_timeline(j, r->model);
}

void json_columns(struct json_stream *j, const struct report_run *r,
                  const struct columns_setting *s)
{
	struct columns c = {.m = r->model, .setting = s};
	bool *chosen = json_choose_sites(r->model, s->details);
	places_init(&c.places, r->model);
	stack_table_init(&c.table, r->model, s->merge);
	c.table.file_names = s->confidential;
	keep_findings(&r->findings, chosen);
	c.rows = site_rows(r->model, s->least_share, chosen, &c.n_rows);
	if (s->least_share > 0)
		places_fold(&c.places, r->model, s->least_share);
	collect_classes(&c);
	json_columns_collect_names(&c);
	collect_freers(&c, chosen);

	put_small_parts(j, r, s); /* now all modules that have no names are known */
	json_columns_put_modules(j, &c);
	stack_table_write(&c.table, j, s->text_room);
	json_columns_put_sites(j, &c);
	put_places(j, &c);
	json_columns_put_classes(j, &c);
	json_announced(j, &c.table, model_announced(r->model));
	put_holders(j, r->model);
	put_details(j, &c, chosen);
	if (s->source && !s->confidential)
		put_source(j, &c);

	places_release(&c.places);
	stack_table_release(&c.table);
	free(c.rows);
	free(c.classes);
	free(c.class_row);
	free(chosen);
}
