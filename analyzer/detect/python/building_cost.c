/* See building_cost.h. */
#include "building_cost.h"

#include <math.h>

/* An allocation with its free, recorded, on the machines that were measured (`make bench`): at least, at most. */
#define RECORDING_LOW_NS 30.0
#define RECORDING_HIGH_NS 100.0
/* A constructor is timed well when most of its calls were slow enough for a record. */
#define TIMED_SHARE 0.5

/* Constructions from the same arguments, on average, for which one instance is worth keeping. */
#define MIN_PER_KEY 3.0

static double ctor_events(const struct class_stats *s)
{
	return s->constructions ? (double)s->ctor_events / (double)s->constructions : 0;
}

static double less(double ns, double n_events, double each_ns)
{
	return fmax(ns - n_events * each_ns, 0);
}

static void cost_from_events(struct building_cost *c, const struct class_stats *s)
{
	c->low_ns = py_mean(&s->ctor_ns_low);
	c->high_ns = py_mean(&s->ctor_ns_high);
	c->median_ns = (double)hist_quantile(&s->ctor_ns_low, 0.5);
	c->cpu_high_ns = c->high_ns;
}

static void cost_from_calls(struct building_cost *c, const struct class_stats *s)
{
	double n = ctor_events(s), calls = (double)s->slow_calls;
	double wall = (double)s->slow_ns / calls;

	c->low_ns = c->slow_share * less(wall, n, RECORDING_HIGH_NS);
	c->high_ns = c->slow_share * less(wall, n, RECORDING_LOW_NS);
	c->median_ns = less((double)hist_quantile(&s->slow_call_ns, 0.5), n, RECORDING_HIGH_NS);
	c->cpu_high_ns = c->high_ns;
	if (!s->slow_calls_with_cpu || !s->slow_ns_with_cpu)
		return;
	double cpu = (double)s->slow_cpu_ns / (double)s->slow_calls_with_cpu;

	c->cpu_low_ns = c->slow_share * less(cpu, n, RECORDING_HIGH_NS);
	c->cpu_high_ns = c->slow_share * less(cpu, n, RECORDING_LOW_NS);
	c->waiting_share = (double)s->slow_waiting_ns / (double)s->slow_ns_with_cpu;
}

void building_cost_init(struct building_cost *c, const struct class_stats *s)
{
	*c = (struct building_cost){.slow_share = 0};
	if (s->built)
		c->slow_share = fmin((double)s->slow_calls / (double)s->built, 1);
	c->is_timed = c->slow_share >= TIMED_SHARE;
	if (c->is_timed)
		cost_from_calls(c, s);
	else
		cost_from_events(c, s);

	c->n_keys = s->arguments.n + (s->arguments.overflow > 0);
	c->keys_known = c->is_timed && c->n_keys > 0;
	c->contents_repeat = s->contents.n && !s->contents.overflow &&
	                     (double)s->slow_calls >= MIN_PER_KEY * (double)s->contents.n;
	if (c->n_keys)
		c->n_per_key = (double)s->slow_calls / (double)c->n_keys;
}

void building_cost_add(struct building_cost *c, double ns)
{
	c->low_ns += ns;
	c->high_ns += ns;
	c->median_ns += ns;
	c->cpu_high_ns += ns;
	c->is_timed = c->keys_known = false;
}

bool building_cost_repeats(const struct building_cost *c)
{
	return c->keys_known && c->n_per_key >= MIN_PER_KEY;
}

bool building_cost_differs(const struct building_cost *c)
{
	return c->keys_known && c->n_per_key < MIN_PER_KEY;
}

double building_cost_bound_cpu(const struct model *m, double saved_ns)
{
	double spent = (double)model_untraced_cpu_ns(m);

	if (spent <= 0 && m->process->has_run)
		spent = (double)m->process->run.cpu_ns;
	return spent > 0 ? fmin(saved_ns, spent) : saved_ns;
}

double building_cost_bound_wall(const struct model *m, double saved_ns, uint64_t n_threads)
{
	double spent = m->process->has_baseline ? (double)m->process->baseline.wall_ns
	                                        : (double)m->duration_ns;

	return fmin(saved_ns / (double)(n_threads ? n_threads : 1), spent);
}
