/*
 * One row for each stack and class: NDJSON (an object a line) and CSV with the same columns.  Read by DuckDB,
 * pandas, polars, ClickHouse, Spark.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "util/mem.h"

/* Where a row belongs: the first frame that is no allocation wrapper. */
static uint32_t named_node(const struct export_data *d, uint32_t leaf)
{
	uint32_t node = leaf;
	while (node && export_symbol(d, node)->wrapper)
		node = d->table.nodes[node].parent;
	return node ? node : leaf;
}

static void put_frames_of(struct json_stream *j, const struct export_data *d, uint32_t node)
{
	json_begin(j, "stack", '[');
	for (; node; node = d->table.nodes[node].parent)
		json_text(j, NULL, export_symbol(d, node)->function, 0);
	json_end(j, ']');
}

static void ndjson_put_row(const struct export_data *d, const struct export_row *row)
{
	struct json_stream j = {.f = d->out};
	uint32_t node = named_node(d, row->node);
	const struct symbol *x = node ? export_symbol(d, node) : NULL;
	char *class_name = export_class_name(d, row);

	json_begin(&j, NULL, '{');
	json_text(&j, "exe", d->m->process->exe, 0);
	json_text(&j, "host", d->m->process->host, 0);
	json_count(&j, "pid", d->m->process->pid);
	json_count(&j, "start_unix_ns", d->m->process->start_real_ns);
	json_text(&j, "function", x ? x->function : "", 0);
	json_text(&j, "file", x ? x->file : "", 0);
	json_count(&j, "line", x ? x->line : 0);
	json_text(&j, "module", x ? x->module : "", 0);
	json_text(&j, "class", class_name ? class_name : "", 0);

	json_count(&j, "allocs", row->value[METRIC_ALLOCS]);
	json_count(&j, "allocated_bytes", row->value[METRIC_ALLOCATED]);
	json_count(&j, "live_blocks", row->live_blocks);
	json_count(&j, "live_bytes", row->value[METRIC_LIVE]);
	json_count(&j, "at_peak_blocks", row->peak_blocks);
	json_count(&j, "at_peak_bytes", row->value[METRIC_PEAK]);
	json_count(&j, "temporary_allocs", row->value[METRIC_TEMPORARY]);
	put_frames_of(&j, d, row->node);
	json_end(&j, '}');
	putc('\n', d->out);
	free(class_name);
}

static void ndjson_print(struct export_data *d)
{
	for (uint32_t i = 0; i < d->n_rows; i++)
		ndjson_put_row(d, &d->rows[i]);
}

/* A field in quotes, each quote doubled (RFC 4180). */
static void csv_put_text(FILE *out, const char *text)
{
	char *clean = export_clean(text, "\n\r", ' ');
	putc('"', out);
	for (const char *p = clean; *p; p++) {
		if (*p == '"')
			putc('"', out);
		putc(*p, out);
	}
	fputs("\",", out);
	free(clean);
}

static void csv_put_stack(const struct export_data *d, uint32_t node)
{
	putc('"', d->out);
	for (; node; node = d->table.nodes[node].parent) {
		char *function = export_clean(export_symbol(d, node)->function, "\";\n\r", '_');
		fputs(function, d->out);
		if (d->table.nodes[node].parent)
			putc(';', d->out);
		free(function);
	}
	fputs("\"\n", d->out);
}

static void csv_put_row(const struct export_data *d, const struct export_row *row)
{
	uint32_t node = named_node(d, row->node);
	const struct symbol *x = node ? export_symbol(d, node) : NULL;
	char *class_name = export_class_name(d, row);

	csv_put_text(d->out, d->m->process->exe);
	csv_put_text(d->out, d->m->process->host);
	fprintf(d->out, "%u,%llu,", d->m->process->pid,
	        (unsigned long long)d->m->process->start_real_ns);
	csv_put_text(d->out, x ? x->function : "");
	csv_put_text(d->out, x ? x->file : "");
	fprintf(d->out, "%u,", x ? x->line : 0);
	csv_put_text(d->out, x ? x->module : "");
	csv_put_text(d->out, class_name ? class_name : "");

	const uint64_t numbers[] = {row->value[METRIC_ALLOCS],
	                            row->value[METRIC_ALLOCATED],
	                            row->live_blocks,
	                            row->value[METRIC_LIVE],
	                            row->peak_blocks,
	                            row->value[METRIC_PEAK],
	                            row->value[METRIC_TEMPORARY]};
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
		fprintf(d->out, "%llu,", (unsigned long long)numbers[i]);
	csv_put_stack(d, row->node);
	free(class_name);
}

static void csv_begin(FILE *out)
{
	fputs("exe,host,pid,start_unix_ns,function,file,line,module,class,allocs,allocated_bytes,"
	      "live_blocks,"
	      "live_bytes,at_peak_blocks,at_peak_bytes,temporary_allocs,stack\n",
	      out);
}

static void csv_print(struct export_data *d)
{
	for (uint32_t i = 0; i < d->n_rows; i++)
		csv_put_row(d, &d->rows[i]);
}

const struct export_format export_ndjson = {.name = "ndjson",
                                            .consumer = "DuckDB, pandas, ClickHouse, Spark",
                                            .is_rows = true,
                                            .print = ndjson_print};
const struct export_format export_csv = {.name = "csv",
                                         .consumer = "spreadsheets, DuckDB, pandas",
                                         .is_rows = true,
                                         .begin = csv_begin,
                                         .print = csv_print};
