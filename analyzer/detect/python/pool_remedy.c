/* See pool_remedy.h. */
#include "pool_remedy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "detect/sketch.h"

#define KEY_MAX_VALUES 256
#define KEY_MIN_SAMPLE 20
#define KEY_MIN_PER_VALUE 2.0

/* ---- which ---- */

/* The attribute with most values that still repeat: it distinguishes the users of the class. */
static const struct census_attribute *find_key(const struct census_class *c)
{
	const struct census_attribute *best = NULL;

	if (!c || c->sampled < KEY_MIN_SAMPLE)
		return NULL;
	for (uint32_t i = 0; i < c->n_attributes; i++) {
		const struct census_attribute *a = &c->attributes[i];

		if (a->distinct >= 2 && a->distinct <= KEY_MAX_VALUES && a->present == c->sampled &&
		    (double)a->distinct * KEY_MIN_PER_VALUE <= (double)c->sampled &&
		    (!best || a->distinct > best->distinct))
			best = a;
	}
	return best;
}

static bool is_constructor_name(const char *name)
{
	return !strcmp(name, "__init__") || !strcmp(name, "__post_init__") ||
	       !strcmp(name, "__attrs_post_init__") || !strcmp(name, "__new__");
}

/* Whether only constructors assign attributes, and nothing says that an instance has one user at a time.  False when
 * the census does not know the class. */
static bool stays_as_built(const struct census_class *c)
{
	static const char *const lending[] = {"__enter__", "close", "reset", "__del__"};

	if (!c || !c->n_attributes)
		return false;
	for (unsigned i = 0; i < sizeof lending / sizeof *lending; i++)
		if (census_has_name(&c->defines, lending[i]))
			return false;
	for (uint32_t i = 0; i < c->n_attributes; i++)
		for (uint32_t k = 0; k < c->attributes[i].assigned_by.n; k++)
			if (!is_constructor_name(c->attributes[i].assigned_by.list[k]))
				return false;
	return true;
}

static enum pool_remedy remedy_of(const struct py_life *l)
{
	if (!l->cost.keys_known || !stays_as_built(l->class.census))
		return REMEDY_POOL;
	if (l->cost.n_keys == 1)
		return REMEDY_SHARE;
	return l->cost.n_keys <= KEY_MAX_VALUES ? REMEDY_PER_KEY : REMEDY_POOL;
}

/* Values of the key: distinct arguments where the calls were timed, else those of an attribute. */
static double n_keys(const struct pooling *p)
{
	if (p->life->cost.keys_known && p->life->cost.n_keys <= KEY_MAX_VALUES)
		return (double)p->life->cost.n_keys;
	return p->key ? (double)p->key->distinct : 1;
}

struct pooling pooling_of(const struct py_life *l, const struct detect *d)
{
	struct pooling p = {.life = l, .key = find_key(l->class.census), .remedy = remedy_of(l)};
	double built = (double)l->class.stats->built;

	p.needed = costly_life_needed(l, d);
	p.built_low = (double)p.needed;
	p.built_high = fmin(n_keys(&p) * (double)p.needed,
	                    built); /* one pool for all to one for each key */
	if (p.remedy != REMEDY_POOL)
		p.built_low = p.built_high = n_keys(&p);
	/* A name that is bound again holds the last one until the next is built: one a thread may do. */
	if (p.built_low > (double)l->n_threads && l->n_threads && p.remedy == REMEDY_POOL)
		p.built_low = (double)l->n_threads;
	p.saved_low = built - p.built_high;
	p.saved_high = built - p.built_low;
	return p;
}

/* ---- its words ---- */

const char *pool_remedy_name(enum pool_remedy r)
{
	static const char *const names[] = {"share-one", "one-per-key", "pool"};

	return names[r];
}

void pool_title(const struct pooling *p, struct finding *x)
{
	const char *name = p->life->class.stats->name;
	unsigned long long built = p->life->class.stats->built, needed = p->needed;

	switch (p->remedy) {
	case REMEDY_SHARE:
		finding_title(x,
		              "%s: built %llu times alike; one that is shared saves %.0f of the "
		              "constructions",
		              name, built, p->saved_low);
		break;
	case REMEDY_PER_KEY:
		finding_title(
			x,
			"%s: built %llu times from %llu different arguments; one for each saves "
			"%.0f of the constructions",
			name, built, (unsigned long long)p->life->cost.n_keys, p->saved_low);
		break;
	case REMEDY_POOL:
		finding_title(x,
		              "%s: built %llu times, %llu needed at once; a pool saves %.0f of the "
		              "constructions",
		              name, built, needed, p->saved_low);
	}
}

void pool_evidence_time(const struct pooling *p, const struct model *m, const struct detect *d,
                        struct finding *x)
{
	const struct building_cost *c = &p->life->cost;
	uint64_t threads = p->life->n_threads ? p->life->n_threads : 1;
	double low = p->saved_low * c->low_ns, high = p->saved_high * c->high_ns;

	finding_add_number(x, "constructor_low_ns", c->low_ns, "ns");
	if (c->low_ns >= 1000 * detect_option(d, "pool_min_ctor_us"))
		finding_passed(x, "constructor_low_ns", "pool_min_ctor_us >= %.10g",
		               detect_option(d, "pool_min_ctor_us"));
	finding_add_number(x, "constructor_high_ns", c->high_ns, "ns");
	if (c->is_timed)
		finding_add_number(x, "timed_calls", (double)p->life->class.stats->slow_calls, "");
	if (c->waiting_share > 0)
		finding_add_number(x, "waiting_share", c->waiting_share, "share");
	finding_add_number(x, "saved_time_low_ns",
	                   (double)threads * building_cost_bound_wall(m, low, threads), "ns");
	finding_add_number(x, "saved_time_high_ns",
	                   (double)threads * building_cost_bound_wall(m, high, threads), "ns");
}

/* What the time is: CPU, or waiting for something. */
static void advise_time(const struct pooling *p, const struct model *m, struct finding *x)
{
	const struct building_cost *c = &p->life->cost;
	uint64_t threads = p->life->n_threads ? p->life->n_threads : 1;
	double wall = building_cost_bound_wall(m, p->saved_low * c->low_ns, threads);

	if (c->waiting_share >= 0.5)
		finding_add_advice(
			x,
			"%.0f %% of that is waiting (sleep, network, disk, other threads), "
			"not CPU: up to %.0f ms of the run's elapsed time.",
			100 * c->waiting_share, wall / 1e6);
	else if (c->is_timed)
		finding_add_advice(x, "That is mostly CPU time: %.0f ms of the run's.",
		                   building_cost_bound_cpu(m, p->saved_low * c->cpu_low_ns) / 1e6);
	else
		finding_add_advice(x, "It is elapsed time, waiting included.");
}

static void advise_keys(const struct pooling *p, struct finding *x)
{
	if (p->n_members)
		finding_add_advice(x, "They are %u classes with this base: keep a pool for each.",
		                   p->n_members);
	if (p->key && p->remedy == REMEDY_POOL)
		finding_add_advice(
			x,
			"`%s` has %lld values: if instances differ by it, keep a pool for each, "
			"of up to %llu.",
			p->key->name, (long long)p->key->distinct, (unsigned long long)p->needed);
}

static void advise_what(const struct pooling *p, struct finding *x)
{
	static const char *const what[] = {
		"All were built from the same arguments, and no method assigns an attribute: build "
		"ONE and share it, also between threads if what it calls allows that.",
		"No method assigns an attribute: keep ONE for each different argument and share "
		"it, "
		"also between threads if what it calls allows that.",
		"Build them once and lend them out.",
	};

	finding_advice(x,
	               "%s was built %llu times, with at most %llu in use at the same time. "
	               "Building one takes "
	               "%.2f to %.2f ms. %s",
	               p->life->class.stats->name, (unsigned long long)p->life->class.stats->built,
	               (unsigned long long)p->needed, p->life->cost.low_ns / 1e6,
	               p->life->cost.high_ns / 1e6, what[p->remedy]);
}

void pool_advise(const struct pooling *p, const struct model *m, struct finding *x)
{
	double gc_share = py_class_gc_freed_share(&p->life->class);

	advise_what(p, x);
	if (p->life->set_up_in) {
		finding_add_text(x, "set_up_in", "%s", p->life->set_up_in->name);
		finding_add_advice(x, "Most of the work for each is done in %s() (%s:%u).",
		                   p->life->set_up_in->name, p->life->set_up_in->file,
		                   p->life->set_up_in->first_line);
	}
	advise_time(p, m, x);
	advise_keys(p, x);
	if (gc_share >= 0.5)
		finding_add_advice(
			x,
			"Instances are in reference cycles: %.0f %% were freed by the "
			"collector only; break the cycle in a close() for those that leave "
			"the pool.",
			100 * gc_share);
	if (p->remedy != REMEDY_POOL) {
		finding_add_advice(
			x, "Where a user changes what it holds (a list, a dictionary), lend "
			   "from a pool instead.");
		return;
	}
	finding_add_advice(
		x, "What is built from arguments that differ is built again by a pool, too: "
		   "leave it alone if that is most of the work.");
	finding_add_advice(x,
	                   "Pooled objects keep the previous user's state: reset every field, and "
	                   "check connections when lending.");
}

/* ---- its code ---- */

void pool_sketch(const struct pooling *p, struct finding *x)
{
	bool per_key = p->key || p->life->cost.n_keys > 1;
	const char *file = p->remedy == REMEDY_SHARE     ? "share_one.py"
	                   : p->remedy == REMEDY_PER_KEY ? "one_per_key.py"
	                   : per_key                     ? "pool_per_key.py"
	                                                 : "pool.py";
	char needed[24], keys[24];

	snprintf(needed, sizeof needed, "%llu", (unsigned long long)p->needed);
	snprintf(keys, sizeof keys, "%llu", (unsigned long long)p->life->cost.n_keys);
	sketch_add(x, file,
	           (const struct sketch_word[]){{"CLASS", p->life->class.stats->name},
	                                        {"N_NEEDED", needed},
	                                        {"N_KEYS", keys},
	                                        {0}});
}
