/*
 * speedscope's own JSON (https://www.speedscope.app/file-format-schema.json): one profile for each metric
 * over shared frames.
 */
#include "export/export.h"

static void put_frames(struct json_stream *j, const struct stack_table *t)
{
	json_begin(j, "shared", '{');
	json_begin(j, "frames", '[');
	for (uint32_t i = 0; i < t->n_frames; i++) {
		const struct symbol *x = t->frames[i].symbol;
		json_begin(j, NULL, '{');
		json_text(j, "name", x->function, 0);
		json_text(j, "file", x->file, 0);
		json_count(j, "line", x->line);
		json_end(j, '}');
	}

	json_end(j, ']');
	json_end(j, '}');
}

/* Root first, as speedscope wants it. */
static void put_stack(struct json_stream *j, const struct stack_table *t, uint32_t node)
{
	if (!node)
		return;
	put_stack(j, t, t->nodes[node].parent);
	json_count(j, NULL, t->nodes[node].frame);
}

static void put_profile(struct json_stream *j, const struct export_data *d,
                        enum export_metric metric)
{
	uint64_t end = 0;
	json_begin(j, NULL, '{');
	json_text(j, "type", "sampled", 0);
	json_text(j, "name", metric_name(metric), 0);
	json_text(j, "unit", metric_unit(d, metric)[0] == 'b' ? "bytes" : "none", 0);
	json_count(j, "startValue", 0);

	json_begin(j, "samples", '[');
	for (uint32_t i = 0; i < d->n_rows; i++) {
		if (!d->rows[i].value[metric])
			continue;
		json_begin(j, NULL, '[');
		put_stack(j, &d->table, d->rows[i].node);
		json_end(j, ']');
	}
	json_end(j, ']');

	json_begin(j, "weights", '[');
	for (uint32_t i = 0; i < d->n_rows; i++) {
		end += d->rows[i].value[metric];
		if (d->rows[i].value[metric])
			json_count(j, NULL, d->rows[i].value[metric]);
	}
	json_end(j, ']');
	json_count(j, "endValue", end);
	json_end(j, '}');
}

static void speedscope_print(struct export_data *d)
{
	struct json_stream j = {.f = d->out};
	json_begin(&j, NULL, '{');
	json_text(&j, "$schema", "https://www.speedscope.app/file-format-schema.json", 0);
	json_text(&j, "exporter", "pooltrace " POOLTRACE_VERSION, 0);
	json_text(&j, "name", d->m->process->exe, 0);
	json_count(&j, "activeProfileIndex", d->metric);
	put_frames(&j, &d->table);

	json_begin(&j, "profiles", '[');
	for (unsigned metric = 0; metric < (d->q->finding ? METRICS : METRIC_SAVED); metric++)
		put_profile(&j, d, metric);
	json_end(&j, ']');
	json_end(&j, '}');
	putc('\n', d->out);
}

const struct export_format export_speedscope = {
	.name = "speedscope", .consumer = "speedscope", .print = speedscope_print};
