/*
 * The pass over the events that tells how instances of costly classes live.
 *
 * For each slot of live memory it keeps which costly class's instance is in it, so that an allocation
 * under one of its methods counts as a use.  At the end of each collection it looks how many instances
 * are left: what is in cycles and dead goes there, what is needed stays.
 */
#include "costly_class.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_BUILT_FOR_SURVIVORS 20u
/* The upper bound of the time has whatever came next in it: of a few, the median is chance. */
#define MIN_BUILT_FOR_UPPER_BOUND 20u
#define THREAD_SHARE 0.02 /* of the instances: a thread below that is no user of its own */

/* ---- which classes ---- */

static bool is_costly(const struct py_life *l, const struct detect *d)
{
	double some = detect_option(d, "pool_min_ctor_some_events");
	double least_ns = 1000 * detect_option(d, "pool_min_ctor_us");
	bool enough = l->class.stats->constructions >= MIN_BUILT_FOR_UPPER_BOUND;

	double timed_us = l->cost.is_timed ? l->cost.median_ns / 1000 : 0;

	if (timed_us >= detect_option(d, "pool_min_call_us") ||
	    (timed_us >= detect_option(d, "pool_min_shared_us") && building_cost_repeats(&l->cost)))
		return true;

	if (l->ctor_events >= detect_option(d, "pool_min_ctor_events") ||
	    l->median_low_ns >= least_ns)
		return true;
	return l->ctor_events >= some &&
	       (l->ctor_bytes >= detect_option(d, "pool_min_ctor_bytes") ||
	        (enough && l->median_high_ns >= least_ns));
}

static uint64_t building_threads(const struct class_stats *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->threads.n; i++)
		n += (double)s->threads.entry[i].count >= THREAD_SHARE * (double)s->built;
	return n;
}

/*
 * Constructions whose allocations equal those of another one, in number and bytes.  What is built from
 * a configuration is the same each time, or one of a few; what is parsed from its input differs.
 */
static double alike_share(const struct class_stats *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->ctor_shapes.n; i++)
		n += s->ctor_shapes.entry[i].count > 1 ? s->ctor_shapes.entry[i].count : 0;
	return s->constructions ? (double)n / (double)s->constructions : 0;
}

/* Mean life, as a share of the time in which there were instances. */
static double life_share(const struct model *m, const struct class_stats *s)
{
	uint64_t last = s->live ? m->duration_ns : s->last_ns + s->lifetime_ns.max;
	double possible = (double)((last < m->duration_ns ? last : m->duration_ns) - s->first_ns);
	double lived = py_mean(&s->lifetime_ns);
	double freed = s->built ? (double)s->freed / (double)s->built : 0;

	return possible > 0 ? freed * lived / possible + (1 - freed) : 0;
}

static double mean(uint64_t sum, uint64_t n)
{
	return n ? (double)sum / (double)n : 0;
}

struct py_life costly_life_of(const struct model *m, const struct py_class *k)
{
	const struct class_stats *s = k->stats;
	struct py_life x = {
		.class = *k,
		.ctor_events = mean(s->ctor_events, s->constructions),
		.ctor_bytes = mean(s->ctor_bytes, s->constructions),
		.ctor_objects = mean(s->ctor_objects, s->constructions),
		.median_low_ns = (double)hist_quantile(&s->ctor_ns_low, 0.5),
		.median_high_ns = (double)hist_quantile(&s->ctor_ns_high, 0.5),
		.alike_share = alike_share(s),
		.n_threads = building_threads(s),
		.mean_life_share = life_share(m, s),
	};

	building_cost_init(&x.cost, s);
	return x;
}

static void collect_costly(struct costly_classes *l, const struct model *m, const struct detect *d)
{
	l->life = mem_zalloc(m->n_classes + 1, sizeof *l->life);
	for (uint32_t i = 0; i < m->n_classes; i++) {
		const struct class_stats *s = &m->classes[i];
		struct py_life *x = &l->life[l->n];
		struct py_class k = py_class_at(m, l->census, i);

		if ((!s->constructions && !s->slow_calls) || !(s->type->flags & PTF_CLASS_HEAP))
			continue;
		*x = costly_life_of(m, &k);
		if (is_costly(x, d) && py_class_is_users(m, &x->class))
			l->n++;
	}
}

/* ---- the pass ---- */

struct lives_pass {
	struct costly_classes *lives;
	uint32_t *life_of_class; /* by class id: index + 1 */
	uint32_t *life_of_slot;  /* by slot: index + 1 of the class of the instance in it */
	uint64_t *built, *live;  /* by index */
	uint32_t n_classes, n_slots;
};

static uint32_t life_of(const struct lives_pass *p, uint32_t class_id)
{
	return class_id < p->n_classes ? p->life_of_class[class_id] : 0;
}

static uint32_t *costly_class_slot_at(struct lives_pass *p, uint32_t slot)
{
	return MEM_AT(p->life_of_slot, p->n_slots, slot);
}

static void costly_class_instance_begins(struct lives_pass *p, uint32_t slot, uint32_t life)
{
	*costly_class_slot_at(p, slot) = life;
	if (life) {
		p->built[life - 1]++;
		p->live[life - 1]++;
	}
}

static void instance_ends(struct lives_pass *p, uint32_t slot)
{
	uint32_t *life = costly_class_slot_at(p, slot);

	if (*life)
		p->live[*life - 1]--;
	*life = 0;
}

static void costly_class_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct lives_pass *p = context;
	(void)e;

	if (b->owner_slot) {
		uint32_t owner = *costly_class_slot_at(p, b->owner_slot - 1);

		if (owner)
			p->lives->life[owner - 1].n_uses++;
	}
	costly_class_instance_begins(p, b->slot, life_of(p, b->class_id));
}

static void costly_class_on_free(void *context, const struct block *b, const struct event *e)
{
	(void)e;
	instance_ends(context, b->slot);
}

static void costly_class_on_realloc(void *context, const struct block *old, const struct block *new,
                                    const struct event *e)
{
	costly_class_on_free(context, old, e);
	costly_class_on_alloc(context, new, e);
}

static void costly_class_on_class(void *context, const struct block *b, const struct event *e)
{
	struct lives_pass *p = context;

	instance_ends(p, b->slot);
	costly_class_instance_begins(p, b->slot, life_of(p, e->class_id));
}

static void costly_class_on_gc(void *context, const struct event *e)
{
	struct lives_pass *p = context;

	for (uint32_t i = 0; e->gc_stop && i < p->lives->n; i++) {
		struct py_life *x = &p->lives->life[i];
		double share = p->built[i] ? (double)p->live[i] / (double)p->built[i] : 0;

		if (p->built[i] >= MIN_BUILT_FOR_SURVIVORS && share > x->survivors)
			x->survivors = share;
	}
}

/* Building is no use.  Not every construction is counted; those that are not cost the same. */
static void take_off_building(struct py_life *l)
{
	uint64_t building = (uint64_t)ceil(l->ctor_events * (double)l->class.stats->built);

	l->n_uses -= l->n_uses < building ? l->n_uses : building;
}

static bool matters(const struct py_life *l, const struct detect *d)
{
	return costly_life_may_be_pooled(l, d) ||
	       (double)l->class.stats->built >= detect_option(d, "pool_min_built");
}

uint32_t costly_class_watch(struct costly_classes *l, const struct model *m, const struct detect *d,
                            struct model_observer *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		n += matters(&l->life[i], d);
	if (!n)
		return 0;
	struct lives_pass *p = l->pass = mem_zalloc(1, sizeof *p);
	p->lives = l;
	p->n_classes = m->trace->n_classes;
	p->life_of_class = mem_zalloc(p->n_classes + 1, sizeof *p->life_of_class);
	p->built = mem_zalloc(l->n, sizeof *p->built);
	p->live = mem_zalloc(l->n, sizeof *p->live);
	for (uint32_t i = 0; i < l->n; i++)
		p->life_of_class[l->life[i].class.stats->class_id] = i + 1;
	*out = (struct model_observer){
		.context = p,
		.on_alloc = costly_class_on_alloc,
		.on_free = costly_class_on_free,
		.on_realloc = costly_class_on_realloc,
		.on_class = costly_class_on_class,
		.on_gc = costly_class_on_gc,
	};
	return 1;
}

void costly_class_watched(struct costly_classes *l)
{
	struct lives_pass *p = l->pass;

	if (!p)
		return;
	for (uint32_t i = 0; i < l->n; i++)
		take_off_building(&l->life[i]);
	free(p->life_of_class);
	free(p->life_of_slot);
	free(p->built);
	free(p->live);
	free(p);
	l->pass = NULL;
}

void costly_class_init(struct costly_classes *l, const struct model *m, const struct detect *d,
                       struct census *census)
{
	*l = (struct costly_classes){.census = census};
	if (m->process->python)
		collect_costly(l, m, d);
}

void costly_class_release(struct costly_classes *l)
{
	free(l->life);
}

/* ---- questions ---- */

/* Lives that end in a collection say little, unless it is the one at the interpreter's end. */
#define ALL_ALIVE_SHARE 0.9
/* Instances most of which were there together are no row of short lives. */
#define TOGETHER_SHARE 0.6
#define TOGETHER_LIFE_SHARE 0.1

bool costly_life_may_be_pooled(const struct py_life *l, const struct detect *d)
{
	const struct class_stats *s = l->class.stats;

	if (py_class_gc_freed_share(&l->class) >= detect_option(d, "pool_gc_share") &&
	    (double)s->peak_live < ALL_ALIVE_SHARE * (double)s->built)
		return false;
	if (s->built < 2)
		return false;
	if (l->mean_life_share >= detect_option(d, "pooled_min_life_share"))
		return true;
	/* A pool that shrinks ends some early; how early in time is the machine's load. */
	return (double)s->peak_live >= TOGETHER_SHARE * (double)s->built &&
	       l->mean_life_share >= TOGETHER_LIFE_SHARE;
}

bool costly_life_is_pooled(const struct py_life *l, const struct detect *d)
{
	return costly_life_may_be_pooled(l, d) &&
	       (double)l->n_uses >=
	               detect_option(d, "pooled_min_uses") * (double)l->class.stats->built;
}

/* Where the collector delays the frees, dead instances count among the live: ask who builds them. */
uint64_t costly_life_needed(const struct py_life *l, const struct detect *d)
{
	const struct class_stats *s = l->class.stats;

	if (py_class_gc_freed_share(&l->class) >= detect_option(d, "pool_gc_share") &&
	    l->survivors <= detect_option(d, "pool_max_survivors"))
		return l->n_threads ? l->n_threads : 1;
	return s->peak_live;
}

static bool is_closing(const char *function)
{
	static const char *const names[] = {"close", "__exit__",  "shutdown",   "dispose",
	                                    "stop",  "terminate", "disconnect", "cleanup"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/* A closing function of the class: by qualified name, or by its file where the version has none. */
static bool closes_class(const struct trace_code *code, const struct py_life *l)
{
	const char *name = l->class.stats->name;
	size_t length = strlen(name);

	if (!is_closing(code->name))
		return false;
	if (*code->qualified_name)
		return !strncmp(code->qualified_name, name, length) &&
		       code->qualified_name[length] == '.';
	return l->class.census && !strcmp(l->class.census->name.file, code->file);
}

bool costly_life_stack_closes(const struct model *m, const struct py_life *l, uint32_t stack)
{
	uint32_t frames[64], n = model_raw_stack(m, stack, frames, 64);

	for (uint32_t i = 0; i < n && i < 64; i++) {
		uint32_t code = trace_frame(m->trace, frames[i])->code;

		if (code && closes_class(trace_code(m->trace, code), l))
			return true;
	}
	return false;
}

uint64_t costly_life_closing_frees(const struct model *m, const struct py_life *l)
{
	struct site_list freers;
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_sites; i++) {
		site_freers(&m->sites[i], &freers);
		for (uint32_t k = 0; k < freers.n; k++)
			if (costly_life_stack_closes(m, l, (uint32_t)freers.entry[k].key))
				n += freers.entry[k].count;
	}
	return n;
}
