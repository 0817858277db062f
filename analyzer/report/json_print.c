/* The JSON report: the schema that was asked for, over all processes. */
#include "report/json_columns.h"
#include "report/json_parts.h"

#define JSON_DETAILS 500u /* without --top */

static void print_schema_2(const struct report_run *runs, uint32_t n_runs,
                           const struct report_options *o)
{
	struct json_stream j = {.f = o->out};
	const struct columns_setting s = {.details = o->top ? o->top : JSON_DETAILS,
	                                  .confidential = o->confidential};

	json_begin(&j, NULL, '{');
	json_count(&j, "schema", 2);
	if (n_runs > 1) {
		cJSON *sums = cJSON_CreateObject();
		json_together(sums, runs, n_runs);
		json_part(&j, "together", cJSON_DetachItemFromObject(sums, "together"));
		cJSON_Delete(sums);
	}

	json_columns(&j, &runs[0], &s);
	if (n_runs > 1) {
		json_begin(&j, "others", '[');
		for (uint32_t i = 1; i < n_runs; i++) {
			json_begin(&j, NULL, '{');
			json_columns(&j, &runs[i], &s);
			json_end(&j, '}');
		}
		json_end(&j, ']');
	}

	json_end(&j, '}');
	fputc('\n', o->out);
}

static void json_print(const struct report_run *runs, uint32_t n_runs,
                       const struct report_options *o)
{
	if (o->schema == 1)
		json_print_schema_1(runs, n_runs, o);
	else
		print_schema_2(runs, n_runs, o);
}

const struct report_format report_json = {"json", true, false, json_print};
