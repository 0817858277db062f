/* The checks for people, for GitHub's annotations, and as JSON. */
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "report/json_stream.h"
#include "util/text.h"

void gate_print_text(const struct gate *g, FILE *f)
{
	uint32_t n = gate_failures(g);

	for (uint32_t i = 0; i < g->n_checks; i++) {
		const struct gate_check *x = &g->checks[i];
		if (!x->failed)
			continue;
		fprintf(f, "FAILED --%s: %s\n", x->rule, x->message);
		if (x->file && x->line)
			fprintf(f, "       at %s:%u\n", x->file, x->line);
	}
	if (g->suppressed_bytes)
		fprintf(f, "suppressed: %s live at the end\n",
		        short_bytes((double)g->suppressed_bytes));
	fprintf(f, "%u of %u check%s failed\n", n, g->n_checks, g->n_checks == 1 ? "" : "s");
}

/* Properties of a workflow command are escaped so; its text only for the first three. */
static void github_put(const char *text, bool is_property, FILE *f)
{
	for (const char *p = text; *p; p++) {
		if (*p == '%' || *p == '\r' || *p == '\n' ||
		    (is_property && (*p == ':' || *p == ',')))
			fprintf(f, "%%%02X", (unsigned char)*p);
		else
			putc(*p, f);
	}
}

void gate_print_github(const struct gate *g, FILE *f)
{
	for (uint32_t i = 0; i < g->n_checks; i++) {
		const struct gate_check *x = &g->checks[i];
		if (!x->failed)
			continue;

		fputs("::error ", f);
		if (x->file) {
			fputs("file=", f);
			github_put(x->file, true, f);
			if (x->line)
				fprintf(f, ",line=%u", x->line);
			putc(',', f);
		}
		fprintf(f, "title=pooltrace %s::", x->rule);
		github_put(x->message, false, f);
		putc('\n', f);
	}
}

static void put_check(struct json_stream *j, const struct gate_check *x)
{
	json_begin(j, NULL, '{');
	json_text(j, "rule", x->rule, 0);
	json_text(j, "subject", x->subject, 0);
	json_part(j, "failed", cJSON_CreateBool(x->failed));
	json_text(j, "message", x->message, 0);
	json_part(j, "actual", cJSON_CreateNumber(x->actual));
	json_part(j, "allowed", cJSON_CreateNumber(x->allowed));
	json_text(j, "file", x->file ? x->file : "", 0);
	json_count(j, "line", x->line);
	json_end(j, '}');
}

static void put_region(struct json_stream *j, const struct gate_row *x)
{
	json_begin(j, NULL, '{');
	json_text(j, "name", x->name, 0);
	json_count(j, "allocs", x->value[GATE_ALLOCS]);
	json_count(j, "allocated_bytes", x->value[GATE_BYTES]);
	json_count(j, "live_growth_bytes", x->value[GATE_END]);
	json_end(j, '}');
}

void gate_print_json(const struct gate *g, FILE *f)
{
	struct json_stream j = {.f = f};

	json_begin(&j, NULL, '{');
	json_text(&j, "schema", "pooltrace-check-1", 0);
	json_count(&j, "traces", g->n_traces);
	json_count(&j, "failed", gate_failures(g));
	json_count(&j, "suppressed_bytes", g->suppressed_bytes);
	json_begin(&j, "checks", '[');
	for (uint32_t i = 0; i < g->n_checks; i++)
		put_check(&j, &g->checks[i]);
	json_end(&j, ']');
	json_begin(&j, "regions", '[');
	for (uint32_t i = 0; i < g->n_rows; i++)
		if (g->rows[i]->kind == GATE_REGION)
			put_region(&j, g->rows[i]);
	json_end(&j, ']');
	json_end(&j, '}');
	putc('\n', f);
}
