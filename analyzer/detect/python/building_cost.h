/*
 * What building one instance of a class costs in the untraced run, and from how many kinds of arguments it is done.
 *
 * The recorder times the slow calls of a class to their return; where it did (a trace of another writer may not have
 * such records) they decide, otherwise the events under the constructor.  Recording itself takes time in the
 * constructor, in proportion to its allocations, which is taken off.
 */
#ifndef DETECT_PYTHON_BUILDING_COST_H
#define DETECT_PYTHON_BUILDING_COST_H

#include "class.h"

struct building_cost {
	bool is_timed;     /* by records of slow calls */
	double slow_share; /* slow calls, of the instances built */
	double median_ns;  /* of one call, recording taken off */
	double low_ns,
		high_ns; /* wall time of one instance, mean: recording taken off at most, at least */
	double cpu_low_ns, cpu_high_ns; /* CPU time in it; when unknown 0 and high_ns */
	double waiting_share;           /* of the wall time that was no CPU time; 0 unknown */
	bool keys_known;
	uint64_t n_keys;  /* distinct arguments of the slow calls */
	double n_per_key; /* slow calls for each of them, mean */
	bool contents_repeat; /* of the arguments: plain values do, whichever objects are beside them */
};

/* Whether the arguments are known and the same again and again; known and, mostly, each construction's own. */
bool building_cost_repeats(const struct building_cost *c);
bool building_cost_differs(const struct building_cost *c);

void building_cost_init(struct building_cost *c, const struct class_stats *s);
/* What is done for an instance after its constructor, known from events. */
void building_cost_add(struct building_cost *c, double ns);

/* Most that N savings of this much CPU or wall time can be: what the untraced run (the recorded one if that is not
 * known) has spent.  n_threads: that save at the same time. */
double building_cost_bound_cpu(const struct model *m, double saved_ns);
double building_cost_bound_wall(const struct model *m, double saved_ns, uint64_t n_threads);

#endif
