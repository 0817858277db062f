/*
 * See groups.h.  Sorts the model's sites into groups by their symbols, without looking at events;
 * groups_pass.c then counts what depends on these.
 */
#include "groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/mem.h"

#ifndef GROUP_MIN_ALLOCS     /* the fuzz build has small traces */
#define GROUP_MIN_ALLOCS 16u /* smaller groups are not worth a pass... */
#endif
#define GROUP_MIN_BYTES (64u << 10) /* ...unless they hold this much */
#define ANCESTOR_MIN_SHARE 0.005    /* of all allocations */
#define MAX_ANCESTORS 96u

struct key {
	uint64_t key;
	uint64_t set; /* sum of scrambled site ids: equal sets have equal sums */
	uint64_t allocs;
	uint64_t depth; /* sum over sites of the distance from the leaf */
	const struct symbol *symbol;
	uint32_t *sites;
	uint32_t n_sites, room;
	uint32_t group; /* index + 1 once it has become one */
	UT_hash_handle hh;
};

static uint64_t scramble(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9E3779B97F4A7C15ull;
	return x ^ x >> 29;
}

/* ---- which code is the program's own ---- */

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool is_library_module(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	return starts(name, "libc.so") || starts(name, "libc-2") || starts(name, "libstdc++") ||
	       starts(name, "ld-linux") || starts(name, "libm.so") || starts(name, "libpthread");
}

/* Code of a standard library, which nobody is going to change: also its templates. */
static bool groups_is_library(const struct symbol *s)
{
	const char *f = s->function;
	return s->wrapper || is_library_module(s->module) || strstr(s->file, "/include/c++/") ||
	       strstr(s->file, "/library/alloc/") || strstr(s->file, "/library/std/") ||
	       strstr(s->file, "/library/core/") || starts(f, "std::") ||
	       starts(f, "__gnu_cxx::") || starts(f, "alloc::") || starts(f, "core::") ||
	       starts(f, "<alloc::") || starts(f, "hashbrown::");
}

static uint32_t own_frame(const struct stack_view *v)
{
	for (uint32_t i = v->named; i < v->n; i++)
		if (!groups_is_library(v->frames[i]))
			return i;
	return v->named < v->n ? v->named : 0;
}

static bool takes_part(const struct model *m, const struct site *s)
{
	if (s->domain != PTF_DOMAIN_C || s->class_id)
		return false;
	const struct symbol *name = model_site_name(m, s);
	return name && name->language != LANGUAGE_PYTHON;
}

/* ---- keys ---- */

static struct key *key_add(struct key **table, uint64_t key, const struct symbol *symbol)
{
	struct key *k;
	HASH_FIND(hh, *table, &key, sizeof key, k);
	if (!k) {
		k = mem_zalloc(1, sizeof *k);
		k->key = key;
		k->symbol = symbol;
		HASH_ADD(hh, *table, key, sizeof k->key, k);
	}
	return k;
}

static void key_site(struct key *k, const struct site *s, uint32_t depth)
{
	*MEM_PUSH(k->sites, k->n_sites, k->room) = s->id;
	k->set += scramble(s->id + 1);
	k->allocs += s->allocs;
	k->depth += depth;
}

static void keys_free(struct key **table)
{
	struct key *k, *next;
	HASH_ITER (hh, *table, k, next) {
		HASH_DEL(*table, k);
		free(k->sites);
		free(k);
	}
}

static const struct symbol *next_function(const struct stack_view *v, uint32_t i)
{
	for (uint32_t k = i + 1; k < v->n; k++)
		if (v->frames[k]->function_id != v->frames[i]->function_id &&
		    !groups_is_library(v->frames[k]))
			return v->frames[k];
	return NULL;
}

static void keys_of_ancestors(struct key **table, const struct stack_view *v, uint32_t own,
                              const struct site *s)
{
	for (uint32_t i = own; i < v->n; i++) {
		const struct symbol *f = v->frames[i];
		if (groups_is_library(f))
			continue;
		struct key *k = key_add(table, f->function_id, f);
		if (k->n_sites && k->sites[k->n_sites - 1] == s->id)
			continue; /* recursion: this site is in already */
		key_site(k, s, i - own);
	}
}

/* The line, and the way from there through library code: a map's nodes and the strings in them may come
 * from one line. */
static uint64_t key_of_line(const struct stack_view *v, uint32_t own)
{
	uint64_t key =
		scramble(v->frames[own]->function_id + ((uint64_t)v->frames[own]->line << 32));
	for (uint32_t i = own; i-- > 0;)
		key = scramble(key + v->frames[i]->function_id);
	return key;
}

static void keys_of_site(const struct model *m, const struct site *s, struct key **lines,
                         struct key **callers, struct key **ancestors)
{
	struct stack_view v = model_site_stack(m, s);
	if (!v.n)
		return;
	uint32_t own = own_frame(&v);
	const struct symbol *f = v.frames[own];
	uint64_t line = key_of_line(&v, own);
	key_site(key_add(lines, line, f), s, 0);
	const struct symbol *caller = next_function(&v, own);
	if (caller)
		key_site(key_add(callers, line + scramble(caller->function_id), f), s, 0);
	keys_of_ancestors(ancestors, &v, own, s);
}

static int key_by_allocs(struct key *a, struct key *b)
{
	if (a->allocs != b->allocs)
		return a->allocs < b->allocs ? 1 : -1;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* ---- groups from keys ---- */

static void group_add_site(struct group *g, const struct site *s)
{
	g->allocs += s->allocs;
	g->frees += s->frees;
	g->bytes += s->allocated_bytes;
	g->reallocs += s->realloc_calls;
	g->cross_thread_frees += s->cross_thread_frees;
	g->temporary += s->temporary;
	g->callocs += s->n_calloc;
	g->live_blocks += s->live_blocks;
	g->live_bytes += s->live_bytes;
	g->at_peak_bytes += s->at_peak_bytes;
	g->n_lifo += s->lifo_frees;
	g->n_fifo += s->fifo_frees;
	if (s->max_size_bytes > g->max_size_bytes)
		g->max_size_bytes = s->max_size_bytes;
	if (s->align_log2 > g->max_align_log2)
		g->max_align_log2 = s->align_log2;
	if (!g->first_alloc_ns || s->first_alloc_ns < g->first_alloc_ns)
		g->first_alloc_ns = s->first_alloc_ns;
	if (s->last_alloc_ns > g->last_alloc_ns)
		g->last_alloc_ns = s->last_alloc_ns;
	hist_merge(&g->size, &s->size);
}

static void group_from_key(struct groups *gs, struct key *k, enum group_level level)
{
	static uint32_t room; /* of gs->list, which is built once, in one go */
	if (!gs->list)
		room = 0;
	struct group *g = MEM_PUSH(gs->list, gs->n, room);
	*g = (struct group){.index = gs->n - 1, .level = level, .symbol = k->symbol};
	k->group = gs->n;
	g->sites = k->sites;
	g->n_sites = k->n_sites;
	k->sites = NULL;
	for (uint32_t i = 0; i < g->n_sites; i++)
		group_add_site(g, &gs->model->sites[g->sites[i]]);
	g->cxx = k->symbol->language == LANGUAGE_CXX;
	g->is_library = groups_is_library(k->symbol);
}

static bool key_is_large(const struct model *m, const struct key *k)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < k->n_sites; i++)
		bytes += m->sites[k->sites[i]].peak_live_bytes;
	return k->allocs >= GROUP_MIN_ALLOCS || bytes >= GROUP_MIN_BYTES;
}

static void build_lines(struct groups *gs, struct key **lines)
{
	HASH_SORT(*lines, key_by_allocs);
	for (struct key *k = *lines; k; k = k->hh.next) {
		if (!key_is_large(gs->model, k))
			continue;
		group_from_key(gs, k, GROUP_LINE);
		const struct group *g = &gs->list[gs->n - 1];
		for (uint32_t i = 0; i < g->n_sites; i++)
			gs->line_of_site[g->sites[i]] = gs->n;
	}
}

/* Only those that are a proper part of their line's group. */
static void build_callers(struct groups *gs, struct key **callers)
{
	HASH_SORT(*callers, key_by_allocs);
	for (struct key *k = *callers; k; k = k->hh.next) {
		uint32_t line = gs->line_of_site[k->sites[0]];
		if (!line || gs->list[line - 1].n_sites == k->n_sites ||
		    !key_is_large(gs->model, k))
			continue;
		group_from_key(gs, k, GROUP_CALLER);
		const struct group *g = &gs->list[gs->n - 1];
		for (uint32_t i = 0; i < g->n_sites; i++)
			gs->caller_of_site[g->sites[i]] = gs->n;
	}
}

static uint32_t count_lines(const struct groups *gs, const struct group *g)
{
	uint32_t n = 0, *seen = mem_zalloc(gs->n + 1, sizeof *seen);
	for (uint32_t i = 0; i < g->n_sites; i++) {
		uint32_t line = gs->line_of_site[g->sites[i]];
		if (line && !seen[line]++)
			n++;
	}
	free(seen);
	return n;
}

/* Whether the group's sites are called from more than one function: then the function that allocates
 * for them is a wrapper of the program's own, and the next one says more. */
static bool has_callers(const struct groups *gs, const struct key *k)
{
	uint32_t first = gs->caller_of_site[k->sites[0]];
	for (uint32_t i = 1; i < k->n_sites; i++)
		if (gs->caller_of_site[k->sites[i]] != first)
			return true;
	return false;
}

static bool same_set(const struct key *a, const struct key *b)
{
	return a && b && a->set == b->set && a->allocs == b->allocs;
}

/* The sort puts equal sets side by side, the one nearest to the leaf first. */
static void build_ancestors(struct groups *gs, struct key **ancestors)
{
	uint64_t least = (uint64_t)(ANCESTOR_MIN_SHARE * (double)gs->model->totals.allocs);
	uint32_t n = 0;
	HASH_SORT(*ancestors, key_by_allocs);
	const struct key *last = NULL;
	for (struct key *k = *ancestors; k && n < MAX_ANCESTORS; k = k->hh.next) {
		if (k->allocs < least || k->allocs < GROUP_MIN_ALLOCS)
			break;
		if (same_set(last, k) ||
		    (!k->depth && same_set(k, k->hh.next) && has_callers(gs, k)))
			continue;
		last = k;
		group_from_key(gs, k, GROUP_ANCESTOR);
		gs->list[gs->n - 1].n_lines = count_lines(gs, &gs->list[gs->n - 1]);
		n++;
	}
}

static void build_groups(struct groups *gs)
{
	const struct model *m = gs->model;
	struct key *lines = NULL, *callers = NULL, *ancestors = NULL;
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (takes_part(m, &m->sites[i]))
			keys_of_site(m, &m->sites[i], &lines, &callers, &ancestors);
	build_lines(gs, &lines);
	build_callers(gs, &callers);
	build_ancestors(gs, &ancestors);
	keys_free(&lines);
	keys_free(&callers);
	keys_free(&ancestors);
}

struct groups *groups_new(const struct model *m)
{
	struct groups *gs = mem_zalloc(1, sizeof *gs);
	gs->model = m;
	gs->line_of_site = mem_zalloc(m->n_sites + 1, sizeof *gs->line_of_site);
	gs->caller_of_site = mem_zalloc(m->n_sites + 1, sizeof *gs->caller_of_site);
	build_groups(gs);
	return gs;
}

void groups_free(struct groups *gs)
{
	for (uint32_t i = 0; i < gs->n; i++) {
		free(gs->list[i].sites);
		hist_release(&gs->list[i].concurrency);
		hist_release(&gs->list[i].size);
		hist_release(&gs->list[i].final_size);
	}
	free(gs->list);
	free(gs->line_of_site);
	free(gs->caller_of_site);
	free(gs);
}

/* ---- for detectors ---- */

uint64_t group_concurrency(const struct group *g, double q)
{
	return hist_quantile(&g->concurrency, q);
}

double group_frees_share(const struct group *g)
{
	return g->allocs ? (double)g->frees / (double)g->allocs : 0;
}

bool group_claimed(const struct groups *gs, const struct detect *d, const struct group *g)
{
	uint64_t claimed = 0;
	for (uint32_t i = 0; i < g->n_sites; i++)
		if (detect_claimed(d, g->sites[i]))
			claimed += gs->model->sites[g->sites[i]].allocs;
	return claimed * 2 > g->allocs;
}

bool group_has_site(const struct group *g, uint32_t site)
{
	uint32_t low = 0, high = g->n_sites;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (g->sites[mid] < site)
			low = mid + 1;
		else
			high = mid;
	}
	return low < g->n_sites && g->sites[low] == site;
}

static const struct model *sort_model; /* of by_allocs() */

static int by_allocs(const void *a, const void *b)
{
	const struct site *x = &sort_model->sites[*(const uint32_t *)a];
	const struct site *y = &sort_model->sites[*(const uint32_t *)b];
	if (x->allocs != y->allocs)
		return x->allocs < y->allocs ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void group_into_finding(const struct groups *gs, const struct group *g, struct finding *x)
{
	uint32_t *sites = mem_alloc(g->n_sites * sizeof *sites);
	memcpy(sites, g->sites, g->n_sites * sizeof *sites);
	sort_model = gs->model;
	qsort(sites, g->n_sites, sizeof *sites, by_allocs);
	for (uint32_t i = 0; i < g->n_sites; i++)
		finding_add_site(x, sites[i]);
	free(sites);
	if (g->level == GROUP_ANCESTOR)
		x->ancestor_frame = g->symbol->frame;
}

const char *group_name(const struct group *g, char *text, size_t room)
{
	const struct symbol *s = g->symbol;
	const char *slash = strrchr(s->file, '/');
	if (s->line)
		snprintf(text, room, "%s (%s:%u)", s->function, slash ? slash + 1 : s->file,
		         s->line);
	else
		snprintf(text, room, "%s", s->function);
	return text;
}
