/*
 * What a detector reads beside the model: thresholds, prices, the shared pass over the events, claims.
 *
 * The driver (detect.h) makes the context and hands it to each detector, which only reads it.
 */
#ifndef PT_DETECT_CONTEXT_H
#define PT_DETECT_CONTEXT_H

#include "detect/cost_table.h"
#include "detect/detector.h"
#include "detect/finding.h"
#include "model/model.h"

struct event_pass;
struct groups;

struct option_value {
	const struct detector_option *option;
	double value;
};

struct detect {
	const struct model *m;
	struct cost_table costs;
	struct option_value *option;
	uint32_t n_options, options_room;
	const char *explain;     /* name of a class; NULL = none */
	const char *kinds;       /* asked for last, separated by commas; NULL = all */
	const char **claimed;    /* by site: kind of the finding that has taken it; NULL = free */
	struct event_pass *pass; /* owned by the driver; NULL before the first run */
	uint64_t *refuted;       /* hashes of findings that did not hold up */
	uint32_t n_refuted, refuted_room;
};

/* Value of an option now in force; the name must exist (BUG otherwise). */
double detect_option(const struct detect *d, const char *name);

/* Prices of allocator calls. */
static inline const struct cost_table *detect_costs(const struct detect *d)
{
	return &d->costs;
}

/* What the pass over the events has counted, see event_pass.h; made when the first detector asks. */
const struct event_pass *detect_event_pass(const struct detect *d);
/* The pass's groups as they are before it: sites and their sums; what it counts may be missing. */
const struct groups *detect_groups(const struct detect *d);

/* True for the class that `--explain` names, by its name or by module.name: detectors then also add
 * VERDICT_NONE findings about it, with the reason. */
bool detect_explains(const struct detect *d, const struct class_stats *c);

/* True if the kinds that were asked for last include this one. */
bool detect_wants(const struct detect *d, const char *kind);

/* Kind of the finding that has taken the site; NULL = free.  After a detector has run, all sites of its
 * findings with verdict WIN or MINOR are claimed for its kind. */
const char *detect_claimed(const struct detect *d, uint32_t site);

/* Evidence: a number and, if it passes the option's value in force, that condition, as "leak_min_r2 >= 0.95".
 * A finding may rest on another condition than this one: then only the number is evidence.
 * relation: ">=", "<=" or "<"; the number has the option's unit. */
void detect_passed(const struct detect *d, struct finding *x, const char *name, double value,
                   const char *unit, const char *option, const char *relation);

#endif
