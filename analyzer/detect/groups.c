/*
 * See groups.h.  Two steps: build_...() sorts the model's sites into groups by their symbols, without
 * looking at events; then one pass counts, for all groups at once, what depends on the order of
 * events.  A site is in at most one line group, one caller group and GROUPS_PER_SITE others.
 */
#include "detect/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "detect/growth.h"
#include "util/mem.h"

#define GROUPS_PER_SITE 12u
#define GROUP_MIN_ALLOCS 16u        /* smaller groups are not worth a pass... */
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

struct chain_slot {
	uint64_t size_bytes;
	uint32_t line; /* group index + 1 of the line where the chain began; 0 none */
	uint32_t steps;
	bool live;
};

struct pass {
	struct groups *gs;
	uint32_t *member; /* GROUPS_PER_SITE + 2 group indices + 1 a site */
	struct growth growth;
	struct chain_slot *slots;
	uint32_t n_slots;
	uint64_t n_all_events;
	uint32_t mark;      /* next moment of live_bytes_by_event */
	uint32_t time_mark; /* and of live_bytes_at */
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
static bool is_library(const struct symbol *s)
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
		if (!is_library(v->frames[i]))
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
		    !is_library(v->frames[k]))
			return v->frames[k];
	return NULL;
}

static void keys_of_ancestors(struct key **table, const struct stack_view *v, uint32_t own,
                              const struct site *s)
{
	for (uint32_t i = own; i < v->n; i++) {
		const struct symbol *f = v->frames[i];
		if (is_library(f))
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
	g->is_library = is_library(k->symbol);
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

/* ---- the pass ---- */

static uint32_t *pass_members(const struct pass *p, uint32_t site)
{
	return p->member + (size_t)site * (GROUPS_PER_SITE + 2);
}

static void pass_assign(struct pass *p)
{
	struct groups *gs = p->gs;
	p->member = mem_zalloc((size_t)gs->model->n_sites * (GROUPS_PER_SITE + 2) + 1,
	                       sizeof *p->member);
	for (uint32_t g = gs->n; g-- > 0;) /* smallest sets first: they are last within a level */
		for (uint32_t i = 0; i < gs->list[g].n_sites; i++) {
			uint32_t *at = pass_members(p, gs->list[g].sites[i]);
			uint32_t k = 0;
			while (k < GROUPS_PER_SITE + 2 && at[k])
				k++;
			/* Keep two places for line and caller, which come last in this order. */
			if (k < GROUPS_PER_SITE + (gs->list[g].level != GROUP_ANCESTOR ? 2 : 0))
				at[k] = g + 1;
		}
}

static struct chain_slot *pass_slot(struct pass *p, uint32_t slot)
{
	if (slot >= p->n_slots) {
		uint32_t n = slot * 2 + 1024;
		p->slots = mem_realloc(p->slots, n * sizeof *p->slots);
		memset(p->slots + p->n_slots, 0, (n - p->n_slots) * sizeof *p->slots);
		p->n_slots = n;
	}
	return &p->slots[slot];
}

static uint32_t *group_thread(struct group *g, uint32_t thread)
{
	for (uint32_t i = 0; i < GROUP_THREADS; i++) {
		if (g->thread[i] == thread + 1)
			return &g->thread_live[i];
		if (!g->thread[i]) {
			g->thread[i] = thread + 1;
			g->n_threads++;
			return &g->thread_live[i];
		}
	}
	return &g->thread_live[GROUP_THREADS - 1]; /* more than we tell apart share the last */
}

static void group_passed(struct group *g, uint64_t now_ns)
{
	if (g->level != GROUP_ANCESTOR && now_ns > g->last_change_ns)
		hist_add(&g->concurrency, g->now_live, now_ns - g->last_change_ns);
	g->last_change_ns = now_ns;
}

static void group_alloc(struct group *g, const struct block *b, uint64_t now_ns)
{
	group_passed(g, now_ns);
	if (!g->now_live)
		g->now = (struct group_epoch){0};
	g->teardown_frees = 0;
	g->now.allocs++;
	g->now.bytes += (b->size_bytes + 15) & ~15ull;
	g->now_bytes += b->size_bytes;
	if (++g->now_live > g->peak_live)
		g->peak_live = g->now_live;
	if (g->now_bytes > g->peak_bytes)
		g->peak_bytes = g->now_bytes;
	uint32_t *live = group_thread(g, b->thread);
	if (++*live > g->peak_live_one_thread)
		g->peak_live_one_thread = *live;
}

static void group_end_epoch(struct group *g)
{
	g->epochs++;
	g->epoch_allocs += g->now.allocs;
	g->same_allocs += g->now.allocs == g->last_epoch_allocs ? g->now.allocs : 0;
	g->last_epoch_allocs = g->now.allocs;
	if (g->now.allocs > g->largest.allocs)
		g->largest.allocs = g->now.allocs;
	if (g->now.bytes > g->largest.bytes)
		g->largest.bytes = g->now.bytes;
}

static void group_free(struct group *g, const struct block *b, uint64_t now_ns)
{
	group_passed(g, now_ns);
	g->now_live--;
	g->now_bytes -= b->size_bytes;
	g->teardown_frees++;
	--*group_thread(g, b->thread);
	if (!g->now_live)
		group_end_epoch(g);
}

static void chain_end(struct groups *gs, struct chain_slot *c)
{
	c->live = false;
	if (!c->line)
		return;
	struct group *g = &gs->list[c->line - 1];
	g->objects++;
	g->grown += c->steps > 0;
	g->growth_steps += c->steps;
	hist_add(&g->final_size, c->size_bytes, 1);
	if (c->size_bytes > g->final_cap_bytes)
		g->final_cap_bytes = c->size_bytes;
}

static void pass_groups(struct pass *p, const struct block *b, uint64_t now_ns, bool is_alloc)
{
	for (const uint32_t *at = pass_members(p, b->site->id), *end = at + GROUPS_PER_SITE + 2;
	     at < end && *at; at++) {
		struct group *g = &p->gs->list[*at - 1];
		if (is_alloc)
			group_alloc(g, b, now_ns);
		else
			group_free(g, b, now_ns);
	}
}

/* Before an event whose time is known: what every group held at the moments that have gone by since
 * the last such event.  What has happened without a stamp counts for the earliest of them: blocks that
 * were made just before a long pause did not trickle in during it. */
static void pass_time(struct pass *p, uint64_t now_ns)
{
	struct groups *gs = p->gs;
	for (; p->time_mark < MODEL_TIMES && gs->model->times_ns[p->time_mark] < now_ns;
	     p->time_mark++)
		for (uint32_t i = 0; i < gs->n; i++)
			gs->list[i].live_bytes_at[p->time_mark] = gs->list[i].now_bytes;
}

/* One event more; at each thirty-second part of all, what every group holds. */
static void pass_tick(struct pass *p)
{
	struct groups *gs = p->gs;
	gs->n_events++;
	if (p->mark >= MODEL_TIMES || gs->n_events < p->n_all_events * (p->mark + 1) / MODEL_TIMES)
		return;
	for (uint32_t i = 0; i < gs->n; i++)
		gs->list[i].live_bytes_by_event[p->mark] = gs->list[i].now_bytes;
	p->mark++;
}

static void pass_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct pass *p = context;
	uint32_t line = p->gs->line_of_site[b->site->id];
	if (e->stamped)
		pass_time(p, e->time_ns);
	pass_groups(p, b, e->time_ns, true);
	*pass_slot(p, b->slot) =
		(struct chain_slot){.size_bytes = b->size_bytes, .line = line, .live = true};
	growth_on_alloc(&p->growth, b, line, 0);
	if (b->domain == PTF_DOMAIN_C)
		swing_alloc(&p->gs->swing, b->size_bytes);
	pass_tick(p);
}

static void pass_on_free(void *context, const struct block *b, const struct event *e)
{
	struct pass *p = context;
	struct growth_last room;
	if (e->stamped)
		pass_time(p, e->time_ns);
	pass_groups(p, b, e->time_ns, false);
	struct chain_slot *c = pass_slot(p, b->slot);
	const struct growth_last *to =
		growth_on_free(&p->growth, b, p->gs->line_of_site[b->site->id], e->thread, &room);
	if (to) {
		struct chain_slot *grown = pass_slot(p, to->slot);
		c = pass_slot(p, b->slot);
		grown->line = c->line;
		grown->steps = c->steps + 1;
		c->live = false;
	} else {
		chain_end(p->gs, c);
	}
	if (b->domain == PTF_DOMAIN_C)
		swing_free(&p->gs->swing, b->size_bytes);
	pass_tick(p);
}

static void pass_on_realloc(void *context, const struct block *old_block,
                            const struct block *new_block, const struct event *e)
{
	struct pass *p = context;
	struct chain_slot c = *pass_slot(p, old_block->slot);
	if (e->stamped)
		pass_time(p, e->time_ns);
	pass_groups(p, old_block, e->time_ns, false);
	pass_groups(p, new_block, e->time_ns, true);
	pass_slot(p, old_block->slot)->live = false;
	c.steps += new_block->size_bytes > old_block->size_bytes;
	c.size_bytes = new_block->size_bytes;
	c.live = true;
	*pass_slot(p, new_block->slot) = c;
	growth_on_alloc(&p->growth, new_block, 0, 0);
	if (old_block->domain == PTF_DOMAIN_C) {
		swing_free(&p->gs->swing, old_block->size_bytes);
		swing_alloc(&p->gs->swing, new_block->size_bytes);
	}
	pass_tick(p);
}

static void pass_on_end(void *context, uint64_t time_ns)
{
	struct pass *p = context;
	for (uint32_t i = 0; i < p->n_slots; i++)
		if (p->slots[i].live)
			chain_end(p->gs, &p->slots[i]);
	pass_time(p, UINT64_MAX);
	for (uint32_t i = 0; i < p->gs->n; i++)
		group_passed(&p->gs->list[i], time_ns);
}

static void run_pass(struct groups *gs)
{
	struct pass p = {.gs = gs};
	p.n_all_events = gs->model->totals.allocs + gs->model->totals.frees -
	                 gs->model->totals.reallocs;
	pass_assign(&p);
	growth_init(&p.growth);
	const struct model_observer observer = {
		.context = &p,
		.on_alloc = pass_on_alloc,
		.on_free = pass_on_free,
		.on_realloc = pass_on_realloc,
		.on_end = pass_on_end,
	};
	model_replay(gs->model, &observer, 1);
	growth_release(&p.growth);
	free(p.slots);
	free(p.member);
}

/* ---- for detectors ---- */

static struct groups *kept;

void groups_forget(const struct model *m)
{
	if (!kept || kept->model != m)
		return;
	for (uint32_t i = 0; i < kept->n; i++) {
		free(kept->list[i].sites);
		hist_release(&kept->list[i].concurrency);
		hist_release(&kept->list[i].size);
		hist_release(&kept->list[i].final_size);
	}
	free(kept->list);
	free(kept->line_of_site);
	free(kept->caller_of_site);
	free(kept);
	kept = NULL;
}

const struct groups *groups_get(const struct model *m)
{
	if (kept && kept->model == m)
		return kept;
	if (kept)
		groups_forget(kept->model);
	kept = mem_zalloc(1, sizeof *kept);
	kept->model = m;
	kept->line_of_site = mem_zalloc(m->n_sites + 1, sizeof *kept->line_of_site);
	kept->caller_of_site = mem_zalloc(m->n_sites + 1, sizeof *kept->caller_of_site);
	build_groups(kept);
	if (kept->n)
		run_pass(kept);
	return kept;
}

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
