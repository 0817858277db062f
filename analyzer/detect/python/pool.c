/*
 * `pool`: a class that is costly to build, is built again and again, and of which few are needed at
 * the same time.
 *
 * How many are needed is the peak of live instances, unless instances are in reference cycles: then
 * the dead wait for the collector and count as live, and the threads that build them are asked instead.
 * The cost of building is an interval (building_cost.h); its lower end is what must pay.  What an instance
 * is built from decides whether another user can have it: instances of which each has arguments of its own
 * are results, not services.
 */
#include <stdlib.h>
#include <string.h>

#include "class_family.h"
#include "detect/event_pass.h"
#include "pool_part.h"
#include "pool_remedy.h"
#include "retained_kept.h"

static struct detector_option options[] = {
	COSTLY_CLASS_OPTIONS,
	{"pool_min_built", 50, "instances built"},
	{"pool_min_ratio", 10, "instances built for each one needed at the same time"},
	{"pool_gc_share", 0.5,
         "share freed by the collector from which on threads are counted instead"},
	{"pool_max_survivors", 0.7,
         "most of the instances that a collection may leave alive for that"},
	{"pool_min_saved_share", 0.5, "share of the constructions that a pool saves at least"},
	{"pool_min_time_share", 0.05, "construction time saved, as a share of the run's"},
	{"pool_min_alike_share", 0.5,
         "share of the constructions that allocate the same as others: else they depend on their "
         "input"},
	{"pool_win_ms", 50, "construction time saved at least for a win"},
	{"pooled_min_life_share", 0.3,
         "mean life of pooled instances, as a share of the class's time"},
	{"pooled_min_uses", 4, "allocations under their methods, after building, for each"},
	{0},
};

/*
 * What a library's constructor sets up only the library can make ready for the next user: a form of a web
 * framework, a thread.  A class with a reset() is an exception.
 */
static bool is_built_by_library(const struct census_class *k)
{
	if (!k || census_has_name(&k->defines, "reset"))
		return false;
	for (uint32_t i = 0; i < k->n_bases; i++)
		if (k->bases[i].init && k->bases[i].name.origin != ORIGIN_USER)
			return true;
	return false;
}

/*
 * Where calls were not timed.  What the instance keeps for itself, as a share of what its constructor allocates,
 * tells putting together (a request of its fields: 0.19 to 0.46) from work (a parsed configuration: 0.00 to 0.08).
 * An object takes CPython 0.1 to 0.3 us, recorded, and with the Python code that makes it and keeps it at most 4 us:
 * a constructor that takes no longer does no work.
 */
#define OBJECT_NS 400.0
#define KEPT_OBJECT_NS 4000.0
#define KEPT_SHARE 0.12

static bool is_put_together(const struct model *m, const struct py_life *l, const struct detect *d)
{
	double kept = py_class_structure_bytes(m, &l->class) + py_class_owned_bytes(&l->class);

	double object_ns = kept > KEPT_SHARE * l->ctor_bytes ? KEPT_OBJECT_NS : OBJECT_NS;

	return l->median_low_ns - object_ns * l->ctor_objects <
	       1000 * detect_option(d, "pool_min_ctor_us");
}

/* Too fast for a pool, where the time of the call is known. */
static bool is_quick(const struct pooling *p, const struct detect *d)
{
	const struct py_life *l = p->life;
	const char *least = p->remedy == REMEDY_POOL ? "pool_min_call_us" : "pool_min_shared_us";

	return l->cost.is_timed && l->cost.median_ns < 1000 * detect_option(d, least);
}

/* Threads may build at the same time, so this can be more than 1. */
static double time_share(const struct pooling *p, const struct model *m)
{
	double wall = m->duration_ns ? p->saved_low * p->life->cost.low_ns / (double)m->duration_ns
	                             : 0;
	double spent = (double)model_untraced_cpu_ns(m);
	double cpu = spent > 0 ? p->saved_low * p->life->cost.cpu_low_ns / spent : 0;

	return wall > cpu ? wall : cpu;
}

static const char *pool_why_not(const struct pooling *p, const struct model *m,
                                const struct detect *d)
{
	double built = (double)p->life->class.stats->built;

	if (built < detect_option(d, "pool_min_built"))
		return "few are built";
	if (built < detect_option(d, "pool_min_ratio") * (double)p->needed /
	                    (p->n_members ? p->n_members : 1))
		return "too many are needed at the same time";
	if (building_cost_differs(&p->life->cost))
		return "each one is built from arguments of its own";
	if (p->saved_low < detect_option(d, "pool_min_saved_share") * built)
		return "a pool would not save enough of the constructions";
	if (!building_cost_repeats(&p->life->cost) &&
	    p->life->alike_share < detect_option(d, "pool_min_alike_share"))
		return "each one is built differently, from what it is given";
	if (is_quick(p, d))
		return "building one is cheap";
	if (!p->life->cost.is_timed && !p->life->set_up_in && is_put_together(m, p->life, d))
		return "building one is little beside making its parts, which differ from user to "
		       "user";
	if (time_share(p, m) < detect_option(d, "pool_min_time_share"))
		return "building them is a small part of the run";
	if (is_built_by_library(p->life->class.census))
		return "a library's constructor builds it, which alone could make it ready again";
	if (costly_life_closing_frees(m, p->life) && py_class_gc_freed_share(&p->life->class) > 0)
		return "instances are closed: see incomplete-close";
	return NULL;
}

static void evidence(const struct pooling *p, const struct model *m, const struct detect *d,
                     struct finding *x)
{
	const struct py_life *l = p->life;
	const struct class_stats *s = l->class.stats;

	detect_passed(d, x, "built", (double)s->built, "", "pool_min_built", ">=");
	finding_add_number(x, "needed_at_once", (double)p->needed, "");
	if (p->needed)
		detect_passed(d, x, "built_per_needed", (double)s->built / (double)p->needed, "",
		              "pool_min_ratio", ">=");
	finding_add_number(x, "peak_live", (double)s->peak_live, "");
	finding_add_number(x, "building_threads", (double)l->n_threads, "");
	finding_add_number(x, "gc_freed_share", py_class_gc_freed_share(&l->class), "share");
	detect_passed(d, x, "constructor_events", l->ctor_events, "", "pool_min_ctor_events", ">=");
	finding_add_number(x, "constructor_objects", l->ctor_objects, "");
	finding_add_number(x, "constructor_bytes", l->ctor_bytes, "bytes");
	detect_passed(d, x, "alike_share", l->alike_share, "share", "pool_min_alike_share", ">=");
	pool_evidence_time(p, m, d, x);
	detect_passed(d, x, "time_share", time_share(p, m), "share", "pool_min_time_share", ">=");
	finding_add_number(x, "gc_collections",
	                   (double)(m->totals.gc_collections[0] + m->totals.gc_collections[1] +
	                            m->totals.gc_collections[2]),
	                   "");
	if (p->key) {
		finding_add_text(x, "key", "%s", p->key->name);
		finding_add_number(x, "keys", (double)p->key->distinct, "");
	}
	if (l->cost.keys_known)
		finding_add_number(x, "distinct_arguments", (double)l->cost.n_keys, "");
	finding_add_text(x, "remedy", "%s", pool_remedy_name(p->remedy));
}

/* What the events under a constructor leave out: the object itself, its values, frames, arguments. */
#define CREATION_EVENTS 4
/* Allocator calls of lending one and taking it back, at most: locks, generators, queue entries. */
#define LENDING_CALLS 80.0

/* What is done for a new one after its constructor (first uses, taking it down), beside that. */
#define AFTERWARDS_SHARE 0.1

/* Most that the peak may fall: everything that instances made is gone, also what outlived them. */
static double all_made_by(const struct class_stats *s, const struct model *m)
{
	struct holdings h;
	bool *all = mem_alloc(m->n_sites + 1);
	double saved;

	memset(all, true, m->n_sites + 1);
	holdings_init(&h, m);
	holdings_of_class(&h, s);
	h.is_excess = all;
	holdings_replay(&h, m);
	saved = (double)m->totals.peak_live_bytes - h.peak_without;
	holdings_release(&h);
	free(all);
	return saved;
}

static void pool_predict(const struct pooling *p, const struct model *m, struct finding *x)
{
	const struct py_life *l = p->life;
	double at_peak = (double)py_class_at_peak(m, &l->class);
	double each = py_class_structure_bytes(m, &l->class) + py_class_owned_bytes(&l->class);
	double low = (at_peak - p->built_high) * (each < l->ctor_bytes ? each : l->ctor_bytes) / 2;
	double high = at_peak * 1.5 * (each > l->ctor_bytes ? each : l->ctor_bytes),
	       all = 1.1 * all_made_by(l->class.stats, m);

	x->prediction.tier = TIER_MODELLED;
	x->prediction.objects_saved = interval_of(p->saved_low, p->saved_high);
	x->prediction.allocator_calls_saved = interval_of(
		2 * p->saved_low * l->ctor_events - LENDING_CALLS * (double)l->class.stats->built,
		2 * p->saved_high * (l->ctor_events * (1 + AFTERWARDS_SHARE) + CREATION_EVENTS));
	x->prediction.live_bytes_saved = interval_of(low < 0 ? low * 2 : low,
	                                             high > all ? high : all);
	x->prediction.cpu_ms_saved =
		interval_of(building_cost_bound_cpu(m, p->saved_low * l->cost.cpu_low_ns) / 1e6,
	                    building_cost_bound_cpu(m, p->saved_high * l->cost.cpu_high_ns) / 1e6);
	finding_assumes(
		x, "assumes that an instance can be made ready for the next user at little cost");
	x->score = m->duration_ns ? p->saved_low * l->cost.low_ns /
	                                    (double)(m->duration_ns * l->n_threads + 1)
	                          : 0;
	x->confidence = 0.3;
}

static void pool_add_finding(const struct pooling *p, const struct model *m, const struct detect *d,
                             struct findings *out)
{
	double saved_ms = p->saved_low * p->life->cost.low_ns / 1e6;
	struct finding *x = py_class_finding(
		&p->life->class, out, "pool",
		saved_ms >= detect_option(d, "pool_win_ms") ? VERDICT_WIN : VERDICT_MINOR);

	pool_title(p, x);
	evidence(p, m, d, x);
	pool_predict(p, m, x);
	pool_advise(p, m, x);
	pool_sketch(p, x);
}

static void explain_cheap(const struct model *m, const struct detect *d,
                          const struct costly_classes *l, struct findings *out)
{
	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class k = py_class_at(m, l->census, i);
		bool costly = false;

		for (uint32_t n = 0; n < l->n; n++)
			costly |= l->life[n].class.stats == k.stats;
		if (!costly && py_class_is_users(m, &k))
			py_class_reject(d, &k, out, "pool", "building one is cheap");
	}
}

static bool look_at(const struct pooling *p, const struct model *m, const struct detect *d,
                    struct findings *out)
{
	const char *reason = pool_why_not(p, m, d);

	if (!reason && py_class_has(&p->life->class, out, "pool"))
		return true; /* a part of it is what is built too often */
	if (!reason)
		pool_add_finding(p, m, d, out);
	else
		py_class_reject(d, &p->life->class, out, "pool",
		                "%s: %llu built, %llu needed at once", reason,
		                (unsigned long long)p->life->class.stats->built,
		                (unsigned long long)p->needed);
	return !reason;
}

/* Judged with the other members of its family, once: at the first of them. */
static void look_at_family(const struct model *m, const struct detect *d,
                           const struct costly_classes *l, uint32_t at, struct findings *out)
{
	uint32_t base = class_family_base(m, l->life[at].class.stats->class_id);
	struct class_family f;

	for (uint32_t i = 0; i < at; i++)
		if (class_family_base(m, l->life[i].class.stats->class_id) == base)
			return;
	class_family_init(&f, m, l, base, d);
	if (f.n_members < 2)
		return;
	building_cost_init(&f.life.cost, &f.stats);
	struct pooling p = pooling_of(&f.life, d);
	p.n_members = f.n_members;
	p.needed = (uint64_t)f.needed;
	p.built_high = f.needed > p.built_high ? f.needed : p.built_high;
	p.saved_low = (double)f.stats.built - p.built_high;
	if (p.saved_low > 0)
		look_at(&p, m, d, out);
}

/* ---- parts ---- */

/* Those of the lives that get a finding of their own. */
struct wholes {
	const struct py_life **life;
	uint32_t n, room;
};

static void wholes_add(struct wholes *w, const struct model *m, const struct detect *d,
                       const struct py_life *life, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct pooling p = pooling_of(&life[i], d);

		if (!pool_why_not(&p, m, d))
			*MEM_PUSH(w->life, w->n, w->room) = &life[i];
	}
}

/* The life of the class that it is built in, NULL: there is none. */
static const struct py_life *whole_of(const struct wholes *w, const struct model *m,
                                      const struct py_life *part)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (w->life[i]->class.stats != part->class.stats &&
		    pool_is_part_of(m, part, w->life[i]) && !pool_is_part_of(m, w->life[i], part))
			return w->life[i];
	return NULL;
}

static void look_at_all(const struct wholes *w, const struct model *m, const struct detect *d,
                        const struct py_life *life, uint32_t n, struct findings *out)
{
	for (uint32_t i = 0; i < n; i++) {
		struct pooling p = pooling_of(&life[i], d);
		const struct py_life *whole = whole_of(w, m, &life[i]);

		if (whole)
			py_class_reject(d, &life[i].class, out, "pool",
			                "it is built in %s: a pool of those reuses it, too",
			                whole->class.stats->name);
		else
			look_at(&p, m, d, out);
	}
}

static void pool_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct costly_classes *l = &detect_event_pass(d)->lives;
	const struct setups *setups = &detect_event_pass(d)->setups;
	struct wholes w = {0};

	if (!m->process->python)
		return;
	wholes_add(&w, m, d, l->life, l->n);
	wholes_add(&w, m, d, setups->life, setups->n);
	for (uint32_t i = 0; i < l->n; i++)
		if ((double)l->life[i].class.stats->built < detect_option(d, "pool_min_built"))
			look_at_family(m, d, l, i, out);
	look_at_all(&w, m, d, l->life, l->n, out);
	look_at_all(&w, m, d, setups->life, setups->n, out);
	explain_cheap(m, d, l, out);
	free(w.life);
}

DETECTOR(pool, 202, options, pool_run, "Python objects worth building once and lending out");
