/*
 * The one pass over the events that all detectors share.  The model has said what there is (sites,
 * classes, the census); what depends on the order of events is counted here, for those groups, classes
 * and moments for which it matters: groups of call sites, what lies in the heap when live bytes have
 * fallen, how instances of costly classes live.  No pass is made when nobody asks.
 *
 * Cost: about 140 ns an event with all groups of a native program (scripts/advise-bench --cost).
 */
#ifndef PT_DETECT_LOOK_H
#define PT_DETECT_LOOK_H

#include "detect/groups.h"
#include "detect/low_moment.h"
#include "detect/py_lives.h"

struct look {
	struct groups *groups;
	struct low_moment low;
	struct py_lives lives; /* none where there is no Python */
};

/* Makes the pass.  d: its thresholds. */
struct look *look_new(const struct model *m, const struct detect *d);
void look_free(struct look *l); /* NULL is fine */

/* What detect_run() has made for its detectors. */
const struct look *detect_look(const struct detect *d);

#endif
