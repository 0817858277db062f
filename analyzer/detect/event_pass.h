/*
 * The one pass over the events that all detectors share.  The model has said what there is (sites,
 * classes, the census); what depends on the order of events is counted here, for those groups, classes
 * and moments for which it matters: groups of call sites, what lies in the heap when live bytes have
 * fallen, how instances of costly classes live.  The pass is made when the first detector asks.
 *
 * Cost: about 140 ns an event with all groups of a native program (scripts/advise-bench --cost).
 */
#ifndef EVENT_PASS_H
#define EVENT_PASS_H

#include "detect/native/companions.h"
#include "detect/native/groups.h"
#include "detect/native/post_peak_snapshot.h"
#include "detect/python/heap.h"
#include "detect/python/costly_class.h"
#include "detect/python/setup.h"

struct event_pass {
	const struct model *m;
	bool is_made;
	struct groups *groups;
	struct companions companions;
	struct post_peak_snapshot low;
	struct py_heap *heap;        /* of CPython, never NULL */
	struct costly_classes lives; /* none where there is no Python */
	struct setups setups;
};

/* Sorts sites and classes. */
struct event_pass *event_pass_new(const struct model *m, const struct detect *d);
/* Counts what depends on the order of events, once.  d: its thresholds and kinds. */
void event_pass_make(struct event_pass *l, const struct detect *d);
void event_pass_free(struct event_pass *l); /* NULL is fine */

#endif
