/*
 * What was made under the methods of some classes' instances and is still there: by site, and over the
 * instances built.  Takes a pass over the events.
 */
#ifndef PT_DETECT_PY_HOLDINGS_H
#define PT_DETECT_PY_HOLDINGS_H

#include "model/model.h"

#define HOLDINGS_STEPS 16u

/* Of one site.  The largest counts: at the end the interpreter frees all. */
struct held {
	uint64_t blocks, bytes, peak_blocks, peak_bytes;
	uint64_t n_allocs, step_bytes; /* so far; held at the last of HOLDINGS_STEPS steps */
	uint32_t n_steps, n_rises;
};

struct holdings {
	bool *of_class; /* by class id */
	uint32_t n_classes, n_slots, n_sites;
	struct holder *slot;                   /* by slot */
	struct held *site;                     /* by site id */
	uint64_t n_built, n_to_build, bytes;   /* instances of the classes; held by all sites */
	uint64_t bytes_at[HOLDINGS_STEPS + 1]; /* when a sixteenth, two ... of them were built */
};

/* Empty; then the classes that count, then the pass. */
void holdings_init(struct holdings *h, const struct model *m);
void holdings_of_class(struct holdings *h, const struct class_stats *s);
void holdings_replay(struct holdings *h, const struct model *m);
void holdings_release(struct holdings *h);

#endif
