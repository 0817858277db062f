/* A comparison as JSON: every place, hidden ones marked. */
#include "compare/compare.h"
#include "report/json_stream.h"

static const char *const keys[TOTALS] = {
	[MEASURE_BYTES] = "allocated_bytes", [MEASURE_ALLOCS] = "allocs",
	[MEASURE_PEAK] = "at_peak_bytes",    [MEASURE_END] = "live_bytes",
	[TOTAL_CALLS] = "allocator_calls",   [TOTAL_CPU] = "untraced_cpu_ns",
};

static void put_number(struct json_stream *j, const char *key, double value)
{
	json_part(j, key, cJSON_CreateNumber(value));
}

static void put_spread(struct json_stream *j, const struct comparison *c, const char *key,
                       const struct spread value[SIDES])
{
	static const char *const sides[SIDES] = {"before", "after"};

	json_begin(j, key, '{');
	for (unsigned side = 0; side < SIDES; side++) {
		json_begin(j, sides[side], '{');
		put_number(j, "mean", compare_mean(c, side, &value[side]));
		json_count(j, "least", value[side].least);
		json_count(j, "most", value[side].most);
		json_end(j, '}');
	}
	json_part(j, "differs", cJSON_CreateBool(compare_differs(c, value[BEFORE], value[AFTER])));
	json_end(j, '}');
}

static void json_put_place(struct json_stream *j, const struct comparison *c,
                           const struct compare_place *x)
{
	char key[SITE_KEY_TEXT];

	site_key_text(&x->key, key);
	json_begin(j, NULL, '{');
	json_text(j, "key", key, 0);
	json_text(j, "name", x->name, 0);
	json_text(j, "where", x->where, 0);
	json_text(j, "state", compare_place_state(x), 0);
	json_part(j, "hidden", cJSON_CreateBool(x->is_hidden));
	for (unsigned i = 0; i < MEASURES; i++) {
		const struct spread value[SIDES] = {x->value[BEFORE][i], x->value[AFTER][i]};
		put_spread(j, c, keys[i], value);
	}
	json_end(j, '}');
}

static void json_put_finding(struct json_stream *j, const struct compare_finding *x)
{
	json_begin(j, NULL, '{');
	json_text(j, "name", x->name, 0);
	json_text(j, "title", x->title, 0);
	json_text(j, "state", compare_finding_state(x), 0);
	json_count(j, "runs_before", x->n_seen[BEFORE]);
	json_count(j, "runs_after", x->n_seen[AFTER]);
	json_end(j, '}');
}

static void compare_print_json(const struct comparison *c, uint32_t top, FILE *f)
{
	struct json_stream j = {.f = f};
	(void)top;

	json_begin(&j, NULL, '{');
	json_text(&j, "schema", "pooltrace-diff-1", 0);
	json_count(&j, "runs_before", c->n_runs[BEFORE]);
	json_count(&j, "runs_after", c->n_runs[AFTER]);
	json_begin(&j, "totals", '{');
	for (unsigned i = 0; i < TOTALS; i++) {
		const struct spread value[SIDES] = {c->total[BEFORE][i], c->total[AFTER][i]};
		put_spread(&j, c, keys[i], value);
	}
	json_end(&j, '}');

	json_count(&j, "equal_places", c->n_equal);
	json_count(&j, "places_within_noise", c->n_noise);
	json_count(&j, "cancelling_pairs", c->n_pairs);
	json_begin(&j, "places", '[');
	for (uint32_t i = 0; i < c->n_places; i++)
		json_put_place(&j, c, c->places[i]);
	json_end(&j, ']');
	json_begin(&j, "findings", '[');
	for (uint32_t i = 0; i < c->n_findings; i++)
		json_put_finding(&j, c->findings[i]);
	json_end(&j, ']');
	json_end(&j, '}');
	fputc('\n', f);
}

const struct compare_format compare_json = {"json", compare_print_json};
