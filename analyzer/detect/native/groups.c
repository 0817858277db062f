/*
 * See groups.h.  Sorts the model's sites into groups by their symbols, without looking at events;
 * groups_pass.c then counts what depends on these.
 */
#include "groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "own_code.h"
#include "util/mem.h"

#ifndef GROUP_MIN_ALLOCS     /* the fuzz build has small traces */
#define GROUP_MIN_ALLOCS 16u /* smaller groups are not worth a pass... */
#endif
#define GROUP_MIN_BYTES (64u << 10) /* ...unless they hold this much */
#define ANCESTOR_MIN_SHARE 0.005    /* of all allocations */
#define MAX_ANCESTORS 96u
#define CALLERS_MAX 256u /* of a site that may be ancestors; deeper stacks would cost their depth */
#define MAX_HELPERS 24u

struct key {
	uint64_t key;
	uint64_t set; /* sum of scrambled site ids: equal sets have equal sums */
	uint64_t allocs;
	uint64_t depth; /* sum over sites of the distance from the leaf */
	const struct symbol *symbol, *caller, *through;
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

static void keys_of_ancestors(struct key **table, const struct stack_view *v, uint32_t own,
                              const struct site *s)
{
	uint32_t end = v->n - own < CALLERS_MAX ? v->n : own + CALLERS_MAX;
	for (uint32_t i = own; i < end; i++) {
		const struct symbol *f = v->frames[i];
		if (code_is_library(f))
			continue;
		struct key *k = key_add(table, f->function_id, f);
		if (k->n_sites && k->sites[k->n_sites - 1] == s->id)
			continue; /* recursion: this site is in already */
		key_site(k, s, i - own);
	}
}

/* The program's own functions on the way to the allocator, helpers and the function that asks: where a
 * free list would be put. */
static void keys_of_helpers(struct key **table, const struct stack_view *v, uint32_t own,
                            const struct site *s)
{
	for (uint32_t i = 0; i <= own; i++) {
		const struct symbol *f = v->frames[i];
		if (code_is_standard(f))
			continue;
		struct key *k = key_add(table, f->function_id, f);
		if (!k->n_sites || k->sites[k->n_sites - 1] != s->id)
			key_site(k, s, i);
	}
}

/* The line, and the way from there through library code: a map's nodes and the strings in them may come
 * from one line.  All functions that a template makes of it are one place. */
static uint64_t key_of_line(const struct stack_view *v, uint32_t own)
{
	const struct symbol *f = v->frames[own];
	uint64_t key =
		scramble(f->line ? ((uint64_t)XXH32(f->file, strlen(f->file), 0) << 32) + f->line
	                         : f->function_id);
	for (uint32_t i = own; i-- > 0;)
		key = scramble(key + v->frames[i]->function_id);
	return key;
}

/* A call: where it returns to.  Copies that the compiler inlined return to places of their own. */
static uint64_t key_of_call(const struct symbol *f)
{
	return scramble(f->function_id + ((uint64_t)f->frame << 32) + 1);
}

/* The keys of all sites, a table a level. */
struct keys {
	struct key *level[N_GROUP_LEVELS];
	const struct helpers *helpers;
};

static void keys_of_site(const struct model *m, const struct site *s, struct keys *keys)
{
	struct stack_view v = model_site_stack(m, s);
	if (!v.n)
		return;
	uint32_t own = code_own_frame(keys->helpers, &v);
	const struct symbol *f = v.frames[own], *caller = code_caller(&v, own);
	const struct symbol *through = own && helpers_have(keys->helpers, v.frames[own - 1])
	                                       ? v.frames[own - 1]
	                                       : NULL;
	uint64_t line = key_of_line(&v, own), call = line + key_of_call(f);
	struct key *k[3] = {key_add(&keys->level[GROUP_LINE], line, f),
	                    key_add(&keys->level[GROUP_CALL], call, f), NULL};
	if (caller)
		k[2] = key_add(&keys->level[GROUP_CALLER], call + key_of_call(caller), f);

	for (unsigned i = 0; i < 3; i++)
		if (k[i]) {
			k[i]->through = through;
			key_site(k[i], s, 0);
		}
	if (k[2])
		k[2]->caller = caller;
	keys_of_helpers(&keys->level[GROUP_HELPER], &v, own, s);
	keys_of_ancestors(&keys->level[GROUP_ANCESTOR], &v, own, s);
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

static void group_add_site(const struct groups *gs, struct group *g, const struct site *s)
{
	g->foreign_frees += gs->foreign_of_site[s->id];
	g->allocs += s->allocs;
	g->frees += s->frees;
	g->bytes += s->allocated_bytes;
	g->reallocs += site_reallocs(s)->calls;
	g->cross_thread_frees += s->cross_thread_frees;
	g->temporary += s->temporary;
	g->callocs += s->n_calloc;
	g->live_blocks += s->live_blocks;
	g->live_bytes += s->live_bytes;
	g->at_peak_bytes += s->at_peak_bytes;

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
	*g = (struct group){.index = gs->n - 1,
	                    .level = level,
	                    .symbol = k->symbol,
	                    .caller = k->caller,
	                    .through = k->through};
	k->group = gs->n;
	g->sites = k->sites;
	g->n_sites = k->n_sites;
	k->sites = NULL;
	for (uint32_t i = 0; i < g->n_sites; i++)
		group_add_site(gs, g, &gs->model->sites[g->sites[i]]);
	g->language = k->symbol->language;
	g->is_library = code_is_library(k->symbol);
}

static bool key_is_large(const struct model *m, const struct key *k)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < k->n_sites; i++)
		bytes += m->sites[k->sites[i]].peak_live_bytes;
	return k->allocs >= GROUP_MIN_ALLOCS || bytes >= GROUP_MIN_BYTES;
}

/* The group that a level has for the site. */
static uint32_t *of_site(const struct groups *gs, enum group_level level)
{
	return level == GROUP_LINE   ? gs->line_of_site
	       : level == GROUP_CALL ? gs->call_of_site
	                             : gs->caller_of_site;
}

const struct group *group_parent(const struct groups *gs, const struct group *g)
{
	uint32_t site = g->sites[0], parent = 0;
	if (g->level == GROUP_CALLER)
		parent = gs->call_of_site[site];
	if (!parent && (g->level == GROUP_CALLER || g->level == GROUP_CALL))
		parent = gs->line_of_site[site];
	return parent && parent != g->index + 1 ? &gs->list[parent - 1] : NULL;
}

/* Only those that are a proper part of what the coarser levels have. */
static void build_places(struct groups *gs, struct key **keys, enum group_level level)
{
	HASH_SORT(*keys, key_by_allocs);

	for (struct key *k = *keys; k; k = k->hh.next) {
		const struct group probe = {.level = level, .sites = k->sites, .index = UINT32_MAX};
		const struct group *parent = group_parent(gs, &probe);
		if (!key_is_large(gs->model, k) || (level != GROUP_LINE && !parent) ||
		    (parent && parent->n_sites == k->n_sites))
			continue;
		group_from_key(gs, k, level);
		const struct group *g = &gs->list[gs->n - 1];
		for (uint32_t i = 0; i < g->n_sites; i++)
			of_site(gs, level)[g->sites[i]] = gs->n;
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
	uint32_t first = 0;
	for (uint32_t i = 0; i < k->n_sites; i++) {
		struct stack_view v = model_site_stack(gs->model, &gs->model->sites[k->sites[i]]);
		const struct symbol *caller = code_caller(&v, code_own_frame(gs->helpers, &v));
		uint32_t id = caller ? caller->function_id + 1 : 0;
		if (i && id != first)
			return true;
		first = id;
	}
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

/* Helpers whose blocks are not those of a single line already: of equal sets the one nearest to the leaf. */
static void build_helpers(struct groups *gs, struct key **keys)
{
	uint64_t least = (uint64_t)(ANCESTOR_MIN_SHARE * (double)gs->model->totals.allocs);
	const struct key *last = NULL;
	uint32_t n = 0;

	HASH_SORT(*keys, key_by_allocs);
	for (struct key *k = *keys; k && n < MAX_HELPERS; k = k->hh.next) {
		if (k->allocs < least || k->allocs < GROUP_MIN_ALLOCS)
			break;
		if (same_set(last, k))
			continue;
		last = k;
		group_from_key(gs, k, GROUP_HELPER);
		n++;
	}
}

static void build_groups(struct groups *gs)
{
	const struct model *m = gs->model;
	struct keys keys = {.helpers = gs->helpers};

	for (uint32_t i = 0; i < m->n_sites; i++)
		if (site_is_native(m, &m->sites[i])) {
			keys_of_site(m, &m->sites[i], &keys);
			gs->foreign_of_site[i] = code_foreign_frees(gs->helpers, m, &m->sites[i]);
		}

	build_places(gs, &keys.level[GROUP_LINE], GROUP_LINE);
	build_places(gs, &keys.level[GROUP_CALL], GROUP_CALL);
	build_places(gs, &keys.level[GROUP_CALLER], GROUP_CALLER);
	build_helpers(gs, &keys.level[GROUP_HELPER]);
	build_ancestors(gs, &keys.level[GROUP_ANCESTOR]);
	for (unsigned i = 0; i < N_GROUP_LEVELS; i++)
		keys_free(&keys.level[i]);
}

struct groups *groups_new(const struct model *m)
{
	struct groups *gs = mem_zalloc(1, sizeof *gs);
	gs->model = m;
	gs->line_of_site = mem_zalloc(m->n_sites + 1, sizeof *gs->line_of_site);
	gs->call_of_site = mem_zalloc(m->n_sites + 1, sizeof *gs->call_of_site);
	gs->caller_of_site = mem_zalloc(m->n_sites + 1, sizeof *gs->caller_of_site);
	gs->foreign_of_site = mem_zalloc(m->n_sites + 1, sizeof *gs->foreign_of_site);
	gs->helpers = helpers_find(m);
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
	free(gs->call_of_site);
	free(gs->caller_of_site);
	free(gs->foreign_of_site);
	helpers_free(gs->helpers);
	arena_peaks_release(&gs->arenas);
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

double group_outgrown_share(const struct group *g)
{
	return g->allocs ? (double)g->outgrown / (double)g->allocs : 0;
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

static const struct model *sort_model; /* of by_allocs(), by_live_bytes() */

static int by_allocs(const void *a, const void *b)
{
	const struct site *x = &sort_model->sites[*(const uint32_t *)a];
	const struct site *y = &sort_model->sites[*(const uint32_t *)b];
	if (x->allocs != y->allocs)
		return x->allocs < y->allocs ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_live_bytes(const void *a, const void *b)
{
	const struct site *x = &sort_model->sites[*(const uint32_t *)a];
	const struct site *y = &sort_model->sites[*(const uint32_t *)b];
	if (x->live_bytes != y->live_bytes)
		return x->live_bytes < y->live_bytes ? 1 : -1;
	return by_allocs(a, b);
}

static void groups_add_sites(const struct groups *gs, const struct group *g, struct finding *x,
                             int (*order)(const void *, const void *))
{
	uint32_t *sites = mem_alloc(g->n_sites * sizeof *sites);
	memcpy(sites, g->sites, g->n_sites * sizeof *sites);
	sort_model = gs->model;
	qsort(sites, g->n_sites, sizeof *sites, order);
	for (uint32_t i = 0; i < g->n_sites; i++)
		finding_add_site(x, sites[i]);
	free(sites);
	if (g->level == GROUP_ANCESTOR || g->level == GROUP_HELPER)
		x->ancestor_frame = g->symbol->frame;
}

void group_into_finding(const struct groups *gs, const struct group *g, struct finding *x)
{
	groups_add_sites(gs, g, x, by_allocs);
}

void group_into_finding_by_live(const struct groups *gs, const struct group *g, struct finding *x)
{
	groups_add_sites(gs, g, x, by_live_bytes);
}

static int groups_put_symbol(char *text, size_t room, const char *before, const struct symbol *s)
{
	const char *slash = strrchr(s->file, '/');
	int n = s->line ? snprintf(text, room, "%s%s (%s:%u)", before, s->function,
	                           slash ? slash + 1 : s->file, s->line)
	                : snprintf(text, room, "%s%s", before, s->function);
	return n < 0 || (size_t)n >= room ? (int)room - 1 : n;
}

const char *group_name(const struct group *g, char *text, size_t room)
{
	int n = groups_put_symbol(text, room, "", g->symbol);
	if (g->through)
		n += snprintf(text + n, room - (size_t)n, " through %s", g->through->function);
	if (g->caller && (size_t)n < room)
		groups_put_symbol(text + n, room - (size_t)n, " called by ", g->caller);
	return text;
}
