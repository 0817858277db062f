/* See detect.h. */
#include "detect/detect.h"

#include <stdlib.h>
#include <string.h>

#include "detect/finding_key.h"
#include "detect/event_pass.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

struct detect *detect_new(const struct model *m, const struct cost_table *costs)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);
	struct detect *d = mem_zalloc(1, sizeof *d);
	d->m = m;
	d->costs = costs ? *costs : cost_table_default;
	d->claimed = mem_zalloc(m->n_sites, sizeof(*d->claimed));
	for (uint32_t i = 0; i < n; i++)
		for (const struct detector_option *o = list[i]->options; o && o->name; o++)
			*MEM_PUSH(d->option, d->n_options, d->options_room) =
				(struct option_value){.option = o, .value = o->value};
	return d;
}

void detect_free(struct detect *d)
{
	event_pass_free(d->pass);
	free(d->option);
	free(d->refuted);
	free(d->claimed);
	free(d);
}

static const char *nearest_option(const struct detect *d, const char *name)
{
	const char **names = mem_zalloc(d->n_options + 1, sizeof(*names));
	for (uint32_t i = 0; i < d->n_options; i++)
		names[i] = d->option[i].option->name;
	const char *nearest = text_nearest(name, names);
	free(names);
	return nearest;
}

int detect_set(struct detect *d, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	char *end;

	if (!equals || equals == assignment || !equals[1])
		return error("invalid --set '%s': expected NAME=VALUE", assignment);
	double value = strtod(equals + 1, &end);
	if (*end)
		return error("invalid --set '%s': '%s' is not a number", assignment, equals + 1);
	char *name = mem_printf("%.*s", (int)(equals - assignment), assignment);
	for (uint32_t i = 0; i < d->n_options; i++) {
		if (!strcmp(d->option[i].option->name, name)) {
			d->option[i].value = value;
			free(name);
			return 0;
		}
	}

	const char *nearest = nearest_option(d, name);
	error(nearest ? "no threshold '%s'; the nearest is '%s'" : "no threshold '%s'", name,
	      nearest);
	free(name);
	return -1;
}

void detect_explain(struct detect *d, const char *class_name)
{
	d->explain = class_name;
}

static void detect_claim(struct detect *d, const struct finding *x)
{
	if (x->verdict > VERDICT_MINOR)
		return;
	for (uint32_t i = 0; i < x->n_sites; i++)
		if (!d->claimed[x->sites[i]])
			d->claimed[x->sites[i]] = x->kind;
}

/* ---- refuted findings ---- */

static uint64_t hash_of(const struct finding *x)
{
	uint64_t h = 0xcbf29ce484222325ull;
	for (const char *c = x->kind; *c; c++)
		h = (h ^ (unsigned char)*c) * 0x100000001b3ull;
	for (uint32_t i = 0; i < x->n_sites; i++)
		h = (h ^ x->sites[i]) * 0x100000001b3ull;
	return h;
}

void detect_refute(struct detect *d, const struct finding *x)
{
	*MEM_PUSH(d->refuted, d->n_refuted, d->refuted_room) = hash_of(x);
}

static bool is_refuted(const struct detect *d, const struct finding *x)
{
	for (uint32_t i = 0; i < d->n_refuted; i++)
		if (d->refuted[i] == hash_of(x))
			return true;
	return false;
}

/* ---- one run ---- */

static int check_kinds(const char *kinds)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);
	char *copy = mem_strdup(kinds), *rest = copy, *kind;
	int result = 0;

	while (result == 0 && (kind = strsep(&rest, ",")) != NULL) {
		bool known = false;
		for (uint32_t i = 0; i < n; i++)
			known = known || !strcmp(list[i]->kind, kind);
		if (!known)
			result = error("no detector '%s'", kind);
	}

	free(copy);
	return result;
}

#define DETECTOR_PARTS (MODEL_SIZES | MODEL_FREERS | MODEL_EDGES)

unsigned detect_parts(const char *kinds)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);
	const struct detect d = {.kinds = kinds};
	unsigned parts = 0;

	for (uint32_t i = 0; i < n; i++)
		if (detect_wants(&d, list[i]->kind))
			parts |= list[i]->parts ? list[i]->parts : DETECTOR_PARTS;
	return parts;
}

int detect_run(struct detect *d, const char *kinds, struct findings *out)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);

	if (kinds && check_kinds(kinds) < 0)
		return -1;
	d->kinds = kinds;
	memset(d->claimed, 0, d->m->n_sites * sizeof(*d->claimed));
	if (!d->pass)
		d->pass = event_pass_new(d->m, d);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t before = out->n;
		if (!detect_wants(d, list[i]->kind))
			continue;
		list[i]->run(d->m, d, out);
		for (uint32_t k = before; k < out->n;)
			if (is_refuted(d, out->list[k]))
				findings_remove(out, out->list[k]);
			else
				detect_claim(d, out->list[k++]);
	}

	findings_rank(out);
	finding_keys(d->m, out);
	return 0;
}
