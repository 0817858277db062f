/* See retained_elsewhere.h. */
#include "retained_elsewhere.h"

#include <stdlib.h>
#include <string.h>

#define INSIDE_SHARE 0.5 /* of what grew: from here on it is in the instances */

enum kept_where kept_where(const struct py_class *k, double grown_bytes)
{
	double least = INSIDE_SHARE * grown_bytes;

	if (k->census && k->census->owned_n > 0)
		return py_class_owned_bytes(k) * (double)k->stats->peak_live >= least
		               ? KEPT_INSIDE
		               : KEPT_ELSEWHERE;
	if (k->stats->freed == k->stats->built && (double)k->stats->escaped_bytes >= least)
		return KEPT_ELSEWHERE;
	return KEPT_UNKNOWN;
}

static const char *last_part(const char *qualified)
{
	const char *dot = strrchr(qualified, '.');

	return dot ? dot + 1 : qualified;
}

static bool is_cached(const struct trace_code *code, const struct census *c)
{
	for (uint32_t i = 0; i < c->n_caches; i++)
		if (code->first_line == c->caches[i].line &&
		    !strcmp(code->file, c->caches[i].file) &&
		    !strcmp(code->name, last_part(c->caches[i].function)))
			return true;
	return false;
}

static bool *cached_codes(const struct trace *t, const struct census *c)
{
	bool *cached = mem_zalloc(t->n_codes + 1, sizeof *cached);

	for (uint32_t i = 1; i < t->n_codes; i++)
		cached[i] = is_cached(&t->codes[i], c);
	return cached;
}

/* Of a node's frame; 0: none that is known. */
static uint32_t retained_elsewhere_code_of(const struct trace *t, uint32_t node)
{
	uint32_t code = trace_frame(t, t->nodes[node].frame)->code;

	return code < t->n_codes ? code : 0;
}

/* Frames that call a cached function: what they allocate themselves in that line is the cache's entry. */
static bool *calling_frames(const struct trace *t, const bool *cached)
{
	bool *calls = mem_zalloc(t->n_frames + 1, sizeof *calls);

	for (uint32_t i = 1; i < t->n_nodes; i++) {
		uint32_t parent = t->nodes[i].parent;

		if (parent && cached[retained_elsewhere_code_of(t, i)] &&
		    t->nodes[parent].frame < t->n_frames)
			calls[t->nodes[parent].frame] = true;
	}
	return calls;
}

static bool is_for_cache(const struct trace *t, const struct site *s, const bool *cached,
                         const bool *calls)
{
	uint32_t node = t->nodes[trace_stack(t, s->stack)->node].python;

	if (node && t->nodes[node].frame < t->n_frames && calls[t->nodes[node].frame])
		return true;
	for (; node; node = t->nodes[node].parent)
		if (cached[retained_elsewhere_code_of(t, node)])
			return true;
	return false;
}

bool *made_for_caches(const struct model *m, const struct census *c)
{
	const struct trace *t = m->trace;
	bool *made = mem_zalloc(m->n_sites + 1, sizeof *made);
	bool *cached = cached_codes(t, c);
	bool *calls = calling_frames(t, cached);

	for (uint32_t i = 0; i < m->n_sites; i++)
		made[i] = is_for_cache(t, &m->sites[i], cached, calls);
	free(calls);
	free(cached);
	return made;
}
