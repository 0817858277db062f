/*
 * The pass of groups.h: counts, for all groups at once, what depends on the order of events.  A site is
 * in at most one group of each of the PLACE_LEVELS and in GROUPS_PER_SITE others.
 */
#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "copy_growth.h"
#include "util/mem.h"

#define PLACE_LEVELS 3u
#define ANCESTORS_PER_SITE 12u
#define GROUPS_PER_SITE 14u /* with two helpers */
#define MEMBERS (GROUPS_PER_SITE + PLACE_LEVELS)

/* How the block in a slot came to its size. */
struct chain {
	uint32_t line; /* group index + 1 of the line where the chain began; 0 none */
	uint32_t steps, small_steps, n_calls;
	bool certain; /* a step was a realloc or not small: it does grow */
	uint64_t copied_bytes;
};

struct groups_pass {
	struct groups *gs;
	uint32_t *member; /* MEMBERS group indices + 1 a site */
	struct copy_growth growth;
	/* Most blocks are chains of one step that began at their own line.  Only of the others there is
	 * an entry, which a bit tells: 12 KB of bits for 100,000 blocks stay in the cache. */
	uint64_t *has_chain;
	struct chain *chain; /* by slot */
	uint32_t n_words, n_chains;
	uint64_t n_all_events;
	uint32_t mark;      /* next moment of live_bytes_by_event */
	uint32_t time_mark; /* and of live_bytes_at */
	uint32_t clock_mark;
};

static uint32_t *pass_members(const struct groups_pass *p, uint32_t site)
{
	return p->member + (size_t)site * MEMBERS;
}

/* Groups are assigned in the order ancestors, helpers, places: room is kept for those that come later. */
static uint32_t room_of_level(enum group_level level)
{
	return level == GROUP_ANCESTOR ? ANCESTORS_PER_SITE
	       : level == GROUP_HELPER ? GROUPS_PER_SITE
	                               : MEMBERS;
}

static void pass_assign(struct groups_pass *p)
{
	struct groups *gs = p->gs;
	p->member = mem_zalloc((size_t)gs->model->n_sites * MEMBERS + 1, sizeof *p->member);
	for (uint32_t g = gs->n; g-- > 0;) /* smallest sets first: they are last within a level */
		for (uint32_t i = 0; i < gs->list[g].n_sites; i++) {
			uint32_t *at = pass_members(p, gs->list[g].sites[i]);
			uint32_t k = 0;
			while (k < MEMBERS && at[k])
				k++;
			if (k < room_of_level(gs->list[g].level))
				at[k] = g + 1;
		}
}

static struct chain chain_of(const struct groups_pass *p, uint32_t slot, uint32_t site)
{
	uint32_t word = slot / 64;
	if (word < p->n_words && p->has_chain[word] >> (slot & 63) & 1)
		return p->chain[slot];
	return (struct chain){.line = p->gs->line_of_site[site]};
}

static void chain_set(struct groups_pass *p, uint32_t slot, struct chain c)
{
	*MEM_AT(p->has_chain, p->n_words, slot / 64) |= 1ull << (slot & 63);
	*MEM_AT(p->chain, p->n_chains, slot) = c;
}

static inline void chain_clear(struct groups_pass *p, uint32_t slot)
{
	if (slot / 64 < p->n_words)
		p->has_chain[slot / 64] &= ~(1ull << (slot & 63));
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
		g->now = (struct group_round){0};
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

static void group_end_round(struct group *g)
{
	g->rounds++;
	g->round_allocs += g->now.allocs;
	bool same = g->now.allocs == g->last.allocs;
	g->same_allocs += same ? g->now.allocs : 0;
	g->alike_allocs += same && g->now.bytes == g->last.bytes ? g->now.allocs : 0;
	g->last = g->now;
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
		group_end_round(g);
}

#define EXACT_STEPS 8u /* small ones in a row that are no accident */
#define EXACT_COPIES \
	8u /* times its final size that such an object was copied; growth by a quarter copies 4 */

/* The container took what its next step needed, and no more, again and again. */
static bool is_exact(const struct chain *c, uint64_t size_bytes)
{
	return c->small_steps >= EXACT_STEPS && c->copied_bytes >= EXACT_COPIES * size_bytes;
}

static void chain_step(struct chain *c, uint64_t from_bytes, uint64_t to_bytes, bool is_realloc)
{
	bool small = copy_growth_is_small(from_bytes, to_bytes);
	c->steps++;
	c->small_steps += small;
	c->n_calls += is_realloc ? 1 : 2;
	c->certain |= is_realloc || !small;
	c->copied_bytes += from_bytes;
}

static void groups_pass_chain_end(struct groups *gs, struct chain c, uint64_t size_bytes)
{
	if (!c.line)
		return;
	struct group *g = &gs->list[c.line - 1];
	bool exact = is_exact(&c, size_bytes), grew = c.steps && (c.certain || exact);

	g->objects++;
	g->grown += grew;
	g->copy_growth_steps += grew ? c.steps : 0;
	g->exact_objects += exact;
	g->exact_steps += exact ? c.steps : 0;
	g->exact_calls += exact ? c.n_calls : 0;
	g->exact_copied_bytes += exact ? c.copied_bytes : 0;
	hist_add(&g->final_size, size_bytes, 1);
	if (size_bytes > g->final_cap_bytes)
		g->final_cap_bytes = size_bytes;
}

static void pass_groups(struct groups_pass *p, const struct block *b, uint64_t now_ns,
                        bool is_alloc)
{
	for (const uint32_t *at = pass_members(p, b->site_id), *end = at + MEMBERS; at < end && *at;
	     at++) {
		struct group *g = &p->gs->list[*at - 1];
		if (is_alloc)
			group_alloc(g, b, now_ns);
		else
			group_free(g, b, now_ns);
	}
}

/* Freed after the thread that made it had ended: a pool of that thread would be gone. */
static void pass_orphan(struct groups_pass *p, const struct block *b, const struct event *e)
{
	const struct trace *t = p->gs->model->trace;
	if (e->thread == b->thread || b->thread >= t->n_threads ||
	    e->time_ns < t->threads[b->thread].end_ns)
		return;
	for (const uint32_t *at = pass_members(p, b->site_id), *end = at + MEMBERS; at < end && *at;
	     at++)
		p->gs->list[*at - 1].orphan_frees++;
}

static void pass_outgrown(struct groups_pass *p, uint32_t site)
{
	for (const uint32_t *at = pass_members(p, site), *end = at + MEMBERS; at < end && *at; at++)
		p->gs->list[*at - 1].outgrown++;
}

/* Before an event whose time is known: what every group held at the moments that have gone by since
 * the last such event.  What has happened without a stamp counts for the earliest of them: blocks that
 * were made just before a long pause did not trickle in during it. */
static void pass_time(struct groups_pass *p, uint64_t now_ns)
{
	struct groups *gs = p->gs;
	for (; p->time_mark < MODEL_TIMES && gs->model->times_ns[p->time_mark] < now_ns;
	     p->time_mark++)
		for (uint32_t i = 0; i < gs->n; i++)
			gs->list[i].live_bytes_at[p->time_mark] = gs->list[i].now_bytes;
}

/* One event more; at each thirty-second part of all, what every group holds. */
static void pass_tick(struct groups_pass *p, uint64_t now_ns)
{
	struct groups *gs = p->gs;
	gs->n_events++;
	while (p->clock_mark < GROUPS_CLOCK &&
	       gs->n_events >= p->n_all_events * (p->clock_mark + 1) / GROUPS_CLOCK)
		gs->clock_ns[p->clock_mark++] = now_ns;
	if (p->mark >= MODEL_TIMES || gs->n_events < p->n_all_events * (p->mark + 1) / MODEL_TIMES)
		return;
	for (uint32_t i = 0; i < gs->n; i++)
		gs->list[i].live_bytes_by_event[p->mark] = gs->list[i].now_bytes;
	p->mark++;
}

/* What the C library's heap holds, apart from groups. */
static void pass_heap_alloc(struct groups *gs, const struct block *b)
{
	if (b->domain != PTF_DOMAIN_C)
		return;
	trim_cycles_alloc(&gs->swing, b->size_bytes);
	arena_peaks_alloc(&gs->arenas, b->thread, b->size_bytes);
}

static void pass_heap_free(struct groups *gs, const struct block *b)
{
	if (b->domain != PTF_DOMAIN_C)
		return;
	trim_cycles_free(&gs->swing, b->size_bytes);
	arena_peaks_free(&gs->arenas, b->thread, b->size_bytes);
}

static void pass_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct groups_pass *p = context;
	uint32_t line = p->gs->line_of_site[b->site_id];
	if (e->stamped)
		pass_time(p, e->time_ns);
	pass_groups(p, b, e->time_ns, true);
	chain_clear(p, b->slot);
	copy_growth_on_alloc(&p->growth, b, line, 0);
	pass_heap_alloc(p->gs, b);
	pass_tick(p, e->time_ns);
}

static void pass_on_free(void *context, const struct block *b, const struct event *e)
{
	struct groups_pass *p = context;
	struct copy_growth_last room;

	if (e->stamped)
		pass_time(p, e->time_ns);
	pass_groups(p, b, e->time_ns, false);
	pass_orphan(p, b, e);
	struct chain c = chain_of(p, b->slot, b->site_id);
	const struct copy_growth_last *to = copy_growth_on_free(
		&p->growth, b, p->gs->line_of_site[b->site_id], e->thread, &room);
	if (to) {
		chain_step(&c, b->size_bytes, to->size_bytes, false);
		chain_set(p, to->slot, c);
		if (c.certain)
			pass_outgrown(p, b->site_id);
	} else {
		groups_pass_chain_end(p->gs, c, b->size_bytes);
	}

	pass_heap_free(p->gs, b);
	pass_tick(p, e->time_ns);
}

static void pass_on_realloc(void *context, const struct block *old_block,
                            const struct block *new_block, const struct event *e)
{
	struct groups_pass *p = context;
	struct chain c = chain_of(p, old_block->slot, old_block->site_id);

	if (e->stamped)
		pass_time(p, e->time_ns);
	pass_groups(p, old_block, e->time_ns, false);
	pass_groups(p, new_block, e->time_ns, true);
	if (new_block->size_bytes > old_block->size_bytes) {
		chain_step(&c, old_block->size_bytes, new_block->size_bytes, true);
		pass_outgrown(p, old_block->site_id);
	}
	chain_set(p, new_block->slot, c);
	copy_growth_on_alloc(&p->growth, new_block, 0, 0);
	pass_heap_free(p->gs, old_block);
	pass_heap_alloc(p->gs, new_block);
	pass_tick(p, e->time_ns);
}

static void pass_on_live(void *context, const struct block *b)
{
	struct groups_pass *p = context;
	groups_pass_chain_end(p->gs, chain_of(p, b->slot, b->site_id), b->size_bytes);
}

static void pass_on_end(void *context, uint64_t time_ns)
{
	struct groups_pass *p = context;
	pass_time(p, UINT64_MAX);
	for (uint32_t i = 0; i < p->gs->n; i++)
		group_passed(&p->gs->list[i], time_ns);
}

uint32_t groups_watch(struct groups *gs, struct model_observer *out)
{
	if (!gs->n)
		return 0;
	struct groups_pass *p = gs->pass = mem_zalloc(1, sizeof *p);
	p->gs = gs;
	p->n_all_events = gs->model->totals.allocs + gs->model->totals.frees -
	                  gs->model->totals.reallocs;
	pass_assign(p);
	copy_growth_init(&p->growth);
	*out = (struct model_observer){
		.context = p,
		.on_alloc = pass_on_alloc,
		.on_free = pass_on_free,
		.on_realloc = pass_on_realloc,
		.on_live = pass_on_live,
		.on_end = pass_on_end,
	};

	return 1;
}

void groups_watched(struct groups *gs)
{
	struct groups_pass *p = gs->pass;
	if (!p)
		return;
	copy_growth_release(&p->growth);
	free(p->has_chain);
	free(p->chain);
	free(p->member);
	free(p);
	gs->pass = NULL;
}
