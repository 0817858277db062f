/*
 * What was made under the methods of some classes' instances and is still there: by site, and over the
 * instances built.  Takes a pass over the events.
 */
#ifndef DETECT_PYTHON_RETAINED_HOLDINGS_H
#define DETECT_PYTHON_RETAINED_HOLDINGS_H

#include "model/model.h"

#define HOLDINGS_STEPS 16u

/* Of one site.  The largest counts: at the end the interpreter frees all. */
struct held {
	uint64_t blocks, bytes, peak_blocks, peak_bytes;
	uint64_t n_allocs, step_bytes; /* so far; held at the last of HOLDINGS_STEPS steps */
	uint32_t n_steps, n_rises;
};

struct holdings {
	/* To be set before the pass, if asked for: what is retained to the end, and by how many instances, of
	 * which each has its share from the moment on at which the next one is built. */
	double kept_bytes;
	uint64_t n_keepers;
	const bool *is_excess;   /* or: by site id, that what it holds is that */
	double peak_without;     /* the process's peak of live bytes without these */
	double peak_without_any; /* the same without the share of the newest, either */

	const struct model *model;
	bool *of_class; /* by class id */
	uint32_t n_classes, n_slots, n_sites;
	struct holder *slot;                   /* by slot */
	struct held *site;                     /* by site id */
	uint64_t n_built, n_to_build, bytes;   /* instances of the classes; held by all sites */
	uint64_t bytes_at[HOLDINGS_STEPS + 1]; /* when a sixteenth, two ... of them were built */
	double live_bytes, excess_bytes;       /* of the process; of what is retained, so far */
	double newest_bytes; /* what the newest has of it, if it is not in excess_bytes */
};

/* Empty; then the classes that count, then the pass. */
void holdings_init(struct holdings *h, const struct model *m);
void holdings_of_class(struct holdings *h, const struct class_stats *s);
void holdings_replay(struct holdings *h, const struct model *m);
void holdings_release(struct holdings *h);

#endif
