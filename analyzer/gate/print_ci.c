/* The checks as CI systems read them: JUnit's XML and SARIF 2.1.0. */
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "report/json_stream.h"
#include "util/text.h"

/* ---- JUnit ---- */

static void put_case(const struct gate_check *x, FILE *f)
{
	fprintf(f, "    <testcase classname=\"pooltrace.%s\" name=\"", x->rule);
	text_put_markup(f, *x->subject ? x->subject : x->rule);
	if (!x->failed) {
		fputs("\" time=\"0\"/>\n", f);
		return;
	}

	fprintf(f, "\" time=\"0\">\n      <failure type=\"%s\" message=\"", x->rule);
	text_put_markup(f, x->message);
	fputs("\">", f);
	if (x->file) {
		text_put_markup(f, x->file);
		fprintf(f, ":%u", x->line);
	}
	fputs("</failure>\n    </testcase>\n", f);
}

void gate_print_junit(const struct gate *g, FILE *f)
{
	uint32_t n = gate_failures(g);

	fprintf(f,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<testsuites name=\"pooltrace\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
	        "time=\"0\">\n"
	        "  <testsuite name=\"pooltrace\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
	        "skipped=\"0\" time=\"0\">\n",
	        g->n_checks, n, g->n_checks, n);
	for (uint32_t i = 0; i < g->n_checks; i++)
		put_case(&g->checks[i], f);
	fputs("  </testsuite>\n</testsuites>\n", f);
}

/* ---- SARIF ---- */

static void put_text(struct json_stream *j, const char *key, const char *text)
{
	json_begin(j, key, '{');
	json_text(j, "text", text, 0);
	json_end(j, '}');
}

static bool is_first_of_rule(const struct gate *g, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(g->checks[i].rule, g->checks[n].rule))
			return false;
	return true;
}

static void put_rules(struct json_stream *j, const struct gate *g)
{
	json_begin(j, "rules", '[');
	for (uint32_t i = 0; i < g->n_checks; i++) {
		if (!is_first_of_rule(g, i))
			continue;
		json_begin(j, NULL, '{');
		json_text(j, "id", g->checks[i].rule, 0);
		put_text(j, "shortDescription", "A limit of 'pooltrace check'");
		json_end(j, '}');
	}
	json_end(j, ']');
}

/* A path with the bytes that a URI may not have as %XX. */
static void put_uri(struct json_stream *j, const char *path)
{
	static const char plain[] = "-._~/@:+,=";
	char uri[4096 * 3 + 1], *to = uri;

	for (const char *p = path; *p && to < uri + sizeof uri - 4; p++) {
		bool is_plain = (*p >= '0' && *p <= '9') ||
		                ((*p | 32) >= 'a' && (*p | 32) <= 'z') || strchr(plain, *p);
		to += is_plain ? sprintf(to, "%c", *p) : sprintf(to, "%%%02X", (unsigned char)*p);
	}
	*to = 0;
	json_text(j, "uri", uri, 0);
}

static void put_location(struct json_stream *j, const struct gate_check *x)
{
	json_begin(j, "locations", '[');
	json_begin(j, NULL, '{');
	json_begin(j, "physicalLocation", '{');
	json_begin(j, "artifactLocation", '{');
	put_uri(j, x->file);
	json_end(j, '}');
	if (x->line) {
		json_begin(j, "region", '{');
		json_count(j, "startLine", x->line);
		json_end(j, '}');
	}
	json_end(j, '}');
	json_end(j, '}');
	json_end(j, ']');
}

static void put_result(struct json_stream *j, const struct gate_check *x)
{
	json_begin(j, NULL, '{');
	json_text(j, "ruleId", x->rule, 0);
	json_text(j, "level", "error", 0);
	put_text(j, "message", x->message);
	if (x->file)
		put_location(j, x);
	json_begin(j, "partialFingerprints", '{');
	json_text(j, "subject/v1", *x->subject ? x->subject : x->rule, 0);
	json_end(j, '}');
	json_end(j, '}');
}

void gate_print_sarif(const struct gate *g, FILE *f)
{
	struct json_stream j = {.f = f};

	json_begin(&j, NULL, '{');
	json_text(&j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json", 0);
	json_text(&j, "version", "2.1.0", 0);
	json_begin(&j, "runs", '[');
	json_begin(&j, NULL, '{');
	json_begin(&j, "tool", '{');
	json_begin(&j, "driver", '{');
	json_text(&j, "name", "pooltrace", 0);
	json_text(&j, "version", POOLTRACE_VERSION, 0);
	put_rules(&j, g);
	json_end(&j, '}');
	json_end(&j, '}');
	json_begin(&j, "results", '[');
	for (uint32_t i = 0; i < g->n_checks; i++)
		if (g->checks[i].failed)
			put_result(&j, &g->checks[i]);
	json_end(&j, ']');
	json_end(&j, '}');
	json_end(&j, ']');
	json_end(&j, '}');
	putc('\n', f);
}
