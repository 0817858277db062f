/* What the formats of exports share; see export.h. */
#include "export/export.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

static const struct {
	const char *name, *unit;
} metrics[METRICS] = {
	[METRIC_PEAK] = {"peak", "bytes"},           [METRIC_LIVE] = {"live", "bytes"},
	[METRIC_ALLOCATED] = {"allocated", "bytes"}, [METRIC_ALLOCS] = {"allocs", "count"},
	[METRIC_TEMPORARY] = {"temporary", "count"}, [METRIC_SAVED] = {"saved", "count"},
};

const char *metric_name(enum export_metric metric)
{
	return metrics[metric].name;
}

const char *metric_unit(const struct export_data *d, enum export_metric metric)
{
	if (metric == METRIC_SAVED && d->q->finding && export_saves_bytes(d->q->finding))
		return "bytes";
	return metrics[metric].unit;
}

enum export_metric metric_find(const char *name)
{
	unsigned i = 0;
	while (i < METRICS && strcmp(metrics[i].name, name) != 0)
		i++;
	return (enum export_metric)i;
}

/* ---- rows ---- */

static struct export_row row_of_site(struct export_data *d, const struct site *s)
{
	uint64_t freed = s->allocs - s->live_blocks;

	return (struct export_row){
		.node = stack_table_node(&d->table, trace_stack(d->m->trace, s->stack)->node),
		.class_id = s->class_id,
		.value = {s->at_peak_bytes, s->live_bytes, s->allocated_bytes, s->allocs,
	                  s->temporary},
		.peak_blocks = s->at_peak_blocks,
		.live_blocks = s->live_blocks,
		.own_peak_bytes = s->peak_live_bytes,
		.own_peak_blocks = s->peak_live_blocks,
		.lifetime_ns = freed * hist_quantile(&s->lifetime_ns, 0.5),
	};
}

void export_row_add(struct export_row *to, const struct export_row *x)
{
	for (unsigned i = 0; i < METRICS; i++)
		to->value[i] += x->value[i];
	to->peak_blocks += x->peak_blocks;
	to->live_blocks += x->live_blocks;
	to->own_peak_bytes += x->own_peak_bytes;
	to->own_peak_blocks += x->own_peak_blocks;
	to->lifetime_ns += x->lifetime_ns;
}

static int by_node_and_class(const void *a, const void *b)
{
	const struct export_row *x = a, *y = b;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->class_id < y->class_id ? -1 : x->class_id > y->class_id;
}

/* Rows of equal stack and class become one. */
static void rows_merge(struct export_data *d)
{
	uint32_t n = 0;
	if (d->n_rows)
		qsort(d->rows, d->n_rows, sizeof *d->rows, by_node_and_class);

	for (uint32_t i = 0; i < d->n_rows; i++) {
		if (n && by_node_and_class(&d->rows[n - 1], &d->rows[i]) == 0)
			export_row_add(&d->rows[n - 1], &d->rows[i]);
		else
			d->rows[n++] = d->rows[i];
	}
	d->n_rows = n;
}

static void find_rows(struct export_data *d)
{
	d->row_of = mem_zalloc(d->m->n_sites + 1, sizeof *d->row_of);
	for (uint32_t i = 0; i < d->m->n_sites; i++) {
		struct export_row key = row_of_site(d, &d->m->sites[i]);
		const struct export_row *row = bsearch(&key, d->rows, d->n_rows, sizeof key,
		                                       by_node_and_class);
		d->row_of[i] = (uint32_t)(row - d->rows);
	}
}

/* ---- what a finding saves ---- */

bool export_saves_bytes(const struct finding *x)
{
	return x->prediction.live_bytes_saved.present && x->prediction.live_bytes_saved.low > 0 &&
	       !(x->prediction.allocator_calls_saved.present &&
	         x->prediction.allocator_calls_saved.low > 0);
}

static bool is_site_of(const struct finding *x, const struct site *s)
{
	for (uint32_t i = 0; i < x->n_sites; i++)
		if (x->sites[i] == s->id)
			return true;
	return !x->n_sites && x->class_id && s->class_id == x->class_id;
}

static uint64_t part_of(const struct finding *x, const struct site *s)
{
	return export_saves_bytes(x) ? s->at_peak_bytes : s->allocs;
}

/* The sum over all rows is the lower end of the prediction, rounded. */
static void add_saved(struct export_data *d)
{
	const struct finding *x = d->q->finding;
	const struct interval *saved = export_saves_bytes(x) ? &x->prediction.live_bytes_saved
	                                                     : &x->prediction.allocator_calls_saved;
	uint64_t all = 0, so_far = 0, given = 0;

	for (uint32_t i = 0; i < d->m->n_sites; i++)
		all += is_site_of(x, &d->m->sites[i]) ? part_of(x, &d->m->sites[i]) : 0;
	for (uint32_t i = 0; i < d->m->n_sites && saved->present && saved->low > 0; i++) {
		const struct site *s = &d->m->sites[i];
		if (!is_site_of(x, s) || !part_of(x, s))
			continue;
		so_far += part_of(x, s);
		uint64_t upto = (uint64_t)(saved->low * (double)so_far / (double)all + 0.5);
		d->rows[d->row_of[i]].value[METRIC_SAVED] += upto - given;
		given = upto;
	}
}

/* ---- printing ---- */

static void make_rows(struct export_data *d)
{
	for (uint32_t i = 0; i < d->m->n_sites; i++)
		*MEM_PUSH(d->rows, d->n_rows, d->rows_room) = row_of_site(d, &d->m->sites[i]);
	rows_merge(d);
	find_rows(d);
	if (d->q->finding)
		add_saved(d);
}

void export_print(const struct export_format *format, const struct model *m,
                  const struct export_request *request, void *state, FILE *out)
{
	struct export_data d = {
		.m = m, .q = request, .metric = request->metric, .out = out, .state = state};

	stack_table_init(&d.table, m, true);
	if (!format->is_table)
		make_rows(&d);
	format->print(&d);
	free(d.rows);
	free(d.row_of);
	stack_table_release(&d.table);
}

/* ---- what formats share ---- */

const struct symbol *export_symbol(const struct export_data *d, uint32_t node)
{
	return d->table.frames[d->table.nodes[node].frame].symbol;
}

char *export_class_name(const struct model *m, uint32_t class_id)
{
	const struct trace_class *k = trace_class(m->trace, class_id);
	if (!class_id)
		return NULL;
	return *k->module ? mem_printf("%s.%s", k->module, k->name) : mem_strdup(k->name);
}

char *export_build_id(const struct trace_module *x)
{
	char *hex = mem_zalloc(2 * x->n_build_id + 1, 1);
	for (uint32_t i = 0; i < x->n_build_id; i++)
		snprintf(hex + 2 * i, 3, "%02x", x->build_id[i]);
	return hex;
}

char *export_clean(const char *text, const char *forbidden, char instead)
{
	char *clean = text_clean(text);
	for (char *p = clean; (p = strpbrk(p, forbidden)); p++)
		*p = instead;
	return clean;
}

uint64_t *export_inclusive(const struct export_data *d, enum export_metric metric)
{
	uint64_t *sum = mem_zalloc(d->table.n_nodes + 1, sizeof *sum);
	for (uint32_t i = 0; i < d->n_rows; i++)
		sum[d->rows[i].node] += d->rows[i].value[metric];

	/* A parent has a smaller number than its children. */
	for (uint32_t node = d->table.n_nodes; node-- > 1;)
		sum[d->table.nodes[node].parent] += sum[node];
	return sum;
}
