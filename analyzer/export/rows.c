/* Tables as text: NDJSON (an object a line) and CSV (RFC 4180) with the same columns. */
#include <stdlib.h>

#include "export/table.h"

static void ndjson_put_row(void *context, const union table_value *values)
{
	struct json_stream j = {.f = context};

	json_begin(&j, NULL, '{');
	for (unsigned i = 0; table_columns[i].name; i++) {
		const struct table_column *c = &table_columns[i];
		if (c->type == TABLE_TEXT)
			json_text(&j, c->name, values[i].text, 0);
		else if (c->type == TABLE_COUNT)
			json_count(&j, c->name, values[i].count);
		else
			json_part(&j, c->name, cJSON_CreateNumber(values[i].real));
	}
	json_end(&j, '}');
	putc('\n', context);
}

static void ndjson_print(struct export_data *d)
{
	table_each_row(d, ndjson_put_row, d->out);
}

/* A field in quotes, each quote doubled. */
static void csv_put_text(FILE *out, const char *text)
{
	char *clean = export_clean(text, "\n\r", ' ');
	putc('"', out);
	for (const char *p = clean; *p; p++) {
		if (*p == '"')
			putc('"', out);
		putc(*p, out);
	}
	putc('"', out);
	free(clean);
}

static void csv_put_row(void *context, const union table_value *values)
{
	FILE *out = context;
	for (unsigned i = 0; table_columns[i].name; i++) {
		if (i)
			putc(',', out);
		if (table_columns[i].type == TABLE_TEXT)
			csv_put_text(out, values[i].text);
		else if (table_columns[i].type == TABLE_COUNT)
			fprintf(out, "%llu", (unsigned long long)values[i].count);
		else
			fprintf(out, "%.17g", values[i].real);
	}
	putc('\n', out);
}

static void *csv_begin(FILE *out)
{
	for (unsigned i = 0; table_columns[i].name; i++)
		fprintf(out, "%s%s", i ? "," : "", table_columns[i].name);
	putc('\n', out);
	return NULL;
}

static void csv_print(struct export_data *d)
{
	table_each_row(d, csv_put_row, d->out);
}

const struct export_format export_ndjson = {.name = "ndjson",
                                            .consumer = "DuckDB, pandas, ClickHouse, Spark",
                                            .is_many = true,
                                            .is_table = true,
                                            .print = ndjson_print};
const struct export_format export_csv = {.name = "csv",
                                         .consumer = "spreadsheets, DuckDB, pandas",
                                         .is_many = true,
                                         .is_table = true,
                                         .begin = csv_begin,
                                         .print = csv_print};
