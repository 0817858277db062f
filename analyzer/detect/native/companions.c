/* See companions.h. */
#include "companions.h"

#include <stdlib.h>

#include "native.h"
#include "util/mem.h"

/* A block of a pair or two: with the one made before it and the one made after it. */
struct companion_member {
	uint32_t before, after;           /* slot + 1 of the live companion, 0 none */
	uint64_t before_died, after_died; /* mark of its death, 0: it lives, or there is none */
	uint32_t before_place, place;     /* of the earlier block of either pair */
};

struct followed {
	uint32_t a, b; /* group index + 1 */
	uint64_t n;
};

uint32_t companions_place(const struct groups *gs, unsigned level, uint32_t site)
{
	uint32_t place = level == GROUP_CALLER ? gs->caller_of_site[site] : 0;
	if (!place && level >= GROUP_CALL)
		place = gs->call_of_site[site];
	return place ? place : gs->line_of_site[site];
}

/* ---- who follows whom ---- */

static bool can_share(const struct detect *d, const struct group *g)
{
	return (double)g->allocs >= detect_option(d, "native_min_blocks") &&
	       group_frees_share(g) >= 0.5 && native_one_size(d, g);
}

static bool equal_counts(const struct detect *d, const struct group *a, const struct group *b)
{
	double x = (double)a->allocs, y = (double)b->allocs,
	       limit = detect_option(d, "bundle_max_count_difference");
	return x >= y ? x - y <= limit * x : y - x <= limit * y;
}

static int by_places(const void *x, const void *y)
{
	const struct followed *p = x, *q = y;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return p->b < q->b ? -1 : p->b > q->b;
}

/* Pairs of places from pairs of sites; how many. */
static uint32_t collect(const struct groups *gs, const struct detect *d, unsigned level,
                        struct followed *list)
{
	const struct model *m = gs->model;
	uint32_t n = 0, kept = 0;

	for (uint32_t i = 0; i < m->n_edges; i++) {
		uint32_t a = companions_place(gs, level, m->edges[i].a),
			 b = companions_place(gs, level, m->edges[i].b);
		if (a && b && a != b && m->edges[i].co_allocs && can_share(d, &gs->list[a - 1]) &&
		    can_share(d, &gs->list[b - 1]))
			list[n++] = (struct followed){a, b, m->edges[i].co_allocs};
	}

	if (n)
		qsort(list, n, sizeof *list, by_places);
	for (uint32_t i = 0; i < n; i++)
		if (kept && list[kept - 1].a == list[i].a && list[kept - 1].b == list[i].b)
			list[kept - 1].n += list[i].n;
		else
			list[kept++] = list[i];

	return kept;
}

static bool find_companions(struct companions *c, const struct detect *d, unsigned level,
                            struct followed *list)
{
	const struct groups *gs = c->groups;
	uint32_t n = collect(gs, d, level, list);
	struct companion *of = mem_zalloc(gs->n + 1, sizeof *of);
	bool any = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct group *a = &gs->list[list[i].a - 1], *b = &gs->list[list[i].b - 1];
		double least = detect_option(d, "bundle_min_together") * (double)a->allocs;
		if ((double)list[i].n >= least && equal_counts(d, a, b)) {
			of[list[i].a].next = list[i].b;
			any = true;
		}
	}

	if (any)
		c->level[level].of = of;
	else
		free(of);

	return any;
}

/* ---- the pass ---- */

static struct companion_member *member_at(struct companion_level *l, uint32_t slot)
{
	return MEM_AT(l->members, l->n_members, slot);
}

static void settle(struct companion_level *l, uint32_t place, bool together)
{
	if (together)
		l->of[place].together++;
	else
		l->of[place].apart++;
}

/* mark: equal for deaths between which their thread allocated nothing; never 0. */
static void member_dies(struct companion_level *l, uint32_t slot, uint64_t mark)
{
	struct companion_member *x = member_at(l, slot);

	if (x->before) {
		struct companion_member *p = &l->members[x->before - 1];
		p->after = 0;
		p->after_died = mark;
	} else if (x->before_died) {
		settle(l, x->before_place, x->before_died == mark);
	}

	if (x->after) {
		struct companion_member *p = &l->members[x->after - 1];
		p->before = 0;
		p->before_died = mark;
	} else if (x->after_died) {
		settle(l, x->place, x->after_died == mark);
	}

	*x = (struct companion_member){0};
}

static void link_blocks(struct companions *c, unsigned level, uint32_t a_slot, uint32_t a_site,
                        const struct block *b)
{
	struct companion_level *l = &c->level[level];
	uint32_t a = companions_place(c->groups, level, a_site);
	if (!a || l->of[a].next != companions_place(c->groups, level, b->site_id) || !l->of[a].next)
		return;
	member_at(l, a_slot); /* grows the array before pointers into it are taken */
	struct companion_member *y = member_at(l, b->slot), *x = member_at(l, a_slot);
	l->of[a].made++;
	x->after = b->slot + 1;
	x->place = a;
	y->before = a_slot + 1;
	y->before_place = a;
}

static struct companion_thread *thread_at(struct companions *c, uint32_t thread)
{
	return MEM_AT(c->threads, c->n_threads, thread);
}

static void companions_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct companions *c = context;
	struct companion_thread *t = thread_at(c, e->thread);
	t->allocs++;
	for (unsigned i = 0; i < COMPANION_LEVELS; i++)
		if (c->level[i].of && t->slot && t->slot != b->slot + 1)
			link_blocks(c, i, t->slot - 1, t->site, b);
	t->slot = b->slot + 1;
	t->site = b->site_id;
}

static void companions_block_ends(struct companions *c, const struct block *b, uint64_t mark)
{
	struct companion_thread *maker = thread_at(c, b->thread);
	for (unsigned i = 0; i < COMPANION_LEVELS; i++)
		if (c->level[i].of)
			member_dies(&c->level[i], b->slot, mark);
	if (maker->slot == b->slot + 1)
		maker->slot = 0;
}

static void companions_on_free(void *context, const struct block *b, const struct event *e)
{
	struct companions *c = context;
	companions_block_ends(c, b,
	                      (uint64_t)(e->thread + 1) << 44 | thread_at(c, e->thread)->allocs);
}

/* A part that grows leaves its slot: the pair has come apart. */
static void companions_on_realloc(void *context, const struct block *old_block,
                                  const struct block *new_block, const struct event *e)
{
	struct companions *c = context;
	(void)new_block;
	companions_block_ends(c, old_block, UINT64_MAX - ++c->n_moved);
	thread_at(c, e->thread)->slot = 0;
}

static void companions_on_end(void *context, uint64_t time_ns)
{
	struct companions *c = context;

	(void)time_ns;
	for (unsigned i = 0; i < COMPANION_LEVELS; i++) {
		struct companion_level *l = &c->level[i];
		for (uint32_t k = 0; k < l->n_members; k++) {
			const struct companion_member *x = &l->members[k];
			l->of[x->before_place].halves += x->before_died != 0;
			l->of[x->place].halves += x->after_died != 0;
		}
		free(l->members);
		l->members = NULL;
	}

	free(c->threads);
	c->threads = NULL;
}

uint32_t companions_watch(struct companions *c, const struct groups *gs, const struct detect *d,
                          struct model_observer *out)
{
	bool any = false;
	struct followed *list = mem_zalloc(gs->model->n_edges + 1, sizeof *list);

	*c = (struct companions){.groups = gs};
	for (unsigned i = 0; i < COMPANION_LEVELS; i++)
		any = find_companions(c, d, i, list) || any;
	free(list);
	if (!any)
		return 0;
	*out = (struct model_observer){.context = c,
	                               .on_alloc = companions_on_alloc,
	                               .on_free = companions_on_free,
	                               .on_realloc = companions_on_realloc,
	                               .on_end = companions_on_end};
	return 1;
}

void companions_release(struct companions *c)
{
	for (unsigned i = 0; i < COMPANION_LEVELS; i++) {
		free(c->level[i].of);
		free(c->level[i].members);
	}
	free(c->threads);
}

uint32_t companions_next(const struct companions *c, const struct detect *d, unsigned level,
                         uint32_t g)
{
	const struct companion *x = c->level[level].of ? &c->level[level].of[g + 1] : NULL;
	if (!x || !x->next || !x->together)
		return 0;
	double least = detect_option(d, "bundle_min_together") * (double)c->groups->list[g].allocs;
	double pairs = (double)(x->together + x->apart);
	return (double)x->made >= least &&
	                       (double)x->apart <= detect_option(d, "bundle_max_apart") * pairs &&
	                       (double)x->halves <= detect_option(d, "bundle_max_halves") * pairs
	               ? x->next
	               : 0;
}

double companions_apart_share(const struct companions *c, unsigned level, uint32_t g)
{
	const struct companion *x = &c->level[level].of[g + 1];
	uint64_t pairs = x->together + x->apart;
	return pairs ? (double)x->apart / (double)pairs : 0;
}
