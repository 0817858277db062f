/*
 * Sites seen together: the same allocations at several granularities, so that a pool for "everything
 * under parse_document()" can be found as well as one for a single line.
 *
 *     GROUP_LINE      one line of the program's own code (and one way from there through libraries)
 *     GROUP_CALL      one call on it: a return address
 *     GROUP_CALLER    that, per call of its function: two return addresses
 *     GROUP_HELPER    everything that one function of the program asks the allocator for
 *     GROUP_ANCESTOR  everything allocated under one function
 *
 * The first three are *places*, coarser before finer: the same code written on one line or on several, in
 * a macro or through a helper of the program's own (own_code.h), is found at one of them.  A finer place
 * that is all of a coarser one is not kept.
 *
 * Blocks of CPython's domains and sites named after a Python frame take no part: other detectors see
 * to them.  What does not add up from sites is counted in the pass that all detectors share (event_pass.h):
 * live blocks together, rounds (from empty to empty), growth chains.  Sets that are equal are kept once, under the function nearest
 * to the allocation.  About 50 ns per event; memory per group 2 KB plus 16 bytes per live block.
 */
#ifndef GROUPS_H
#define GROUPS_H

#include "arena_peaks.h"
#include "detect/context.h"
#include "trim_cycles.h"

#define GROUP_THREADS 16u /* threads that a group counts separately */

enum group_level {
	GROUP_LINE,
	GROUP_CALL,
	GROUP_CALLER,
	GROUP_HELPER,
	GROUP_ANCESTOR,
	N_GROUP_LEVELS
};

/* From the moment when the group's live count leaves 0 until it is 0 again. */
struct group_round {
	uint64_t allocs, bytes; /* bytes: sizes rounded to 16, as an arena would hand them out */
};

struct group {
	uint32_t index;
	enum group_level level;
	const struct symbol *symbol;  /* of the program's own code: where to change something */
	const struct symbol *caller;  /* GROUP_CALLER: the call; else NULL */
	const struct symbol *through; /* the helper that the place allocates through, NULL none */
	uint32_t *sites;              /* ascending */
	uint32_t n_sites;
	uint32_t n_lines; /* distinct GROUP_LINE groups in it */

	/* Sums over the sites. */
	uint64_t allocs, frees, bytes, reallocs, cross_thread_frees, temporary, callocs;
	uint64_t foreign_frees; /* see code_foreign_frees() */
	uint64_t live_blocks, live_bytes, at_peak_bytes;
	uint64_t max_size_bytes;
	uint64_t first_alloc_ns, last_alloc_ns;
	uint32_t max_align_log2;
	bool is_library;        /* no frame of the program's own was found */
	enum language language; /* of the code at `symbol` */

	/* Counted by the pass. */
	uint64_t now_live, now_bytes;
	uint64_t live_bytes_at[MODEL_TIMES];       /* at model.times_ns[] */
	uint64_t live_bytes_by_event[MODEL_TIMES]; /* at equidistant events */
	uint64_t peak_live, peak_bytes;
	uint64_t peak_live_one_thread;
	uint64_t n_threads; /* that allocated in it */
	uint64_t rounds;    /* ended ones */
	struct group_round now, last, largest;
	uint64_t round_allocs;   /* of ended rounds, together */
	uint64_t same_allocs;    /* of those with as many allocations as the epoch before */
	uint64_t alike_allocs;   /* and as many bytes */
	uint64_t teardown_frees; /* since its last allocation */
	uint64_t empty_ns, last_change_ns;
	struct hist concurrency; /* live blocks weighted with ns */
	struct hist size;
	uint32_t thread[GROUP_THREADS], thread_live[GROUP_THREADS];

	uint64_t orphan_frees; /* after the thread that made the block had ended */
	uint64_t outgrown;     /* blocks that ended when what is in them grew into another */

	/* Of lines only: growth chains, by realloc or by copying, of blocks that began in this group. */
	uint64_t objects; /* chains that ended or are live, also those of one block */
	uint64_t grown;   /* with at least one step */
	uint64_t copy_growth_steps;
	uint64_t exact_objects; /* grown ones that take what the next step needs, and no more */
	uint64_t exact_steps;   /* of these */
	uint64_t exact_calls;   /* that these steps made: one to realloc, or malloc and free */
	uint64_t exact_copied_bytes; /* by these steps */
	struct hist final_size;      /* bytes of every object at its end */
	uint64_t final_cap_bytes;    /* largest */
};

#define GROUPS_CLOCK 512u /* equidistant events whose times are kept */

struct groups {
	const struct model *model;
	struct group *list;
	uint32_t n;
	/* Group index + 1, 0 none.  The finer two only where they tell more than the coarser ones. */
	uint32_t *line_of_site, *call_of_site, *caller_of_site;
	uint64_t *foreign_of_site; /* see code_foreign_frees() */
	struct helpers *helpers;
	struct arena_peaks arenas;
	uint64_t n_events;
	struct groups_pass *pass;        /* while it is watched */
	struct trim_cycles swing;        /* of all blocks that take part */
	uint64_t clock_ns[GROUPS_CLOCK]; /* times of the events n * (k + 1) / GROUPS_CLOCK */
};

/* Sorts the sites into groups; then the observer of a pass counts what depends on the order of events,
 * and groups_watched() ends it.  groups_watch() returns how many observers it wants: 0 or 1. */
struct groups *groups_new(const struct model *m);
uint32_t groups_watch(struct groups *gs, struct model_observer *out);
void groups_watched(struct groups *gs);
void groups_free(struct groups *gs);

/* True for the levels of a single place. */
static inline bool group_is_place(const struct group *g)
{
	return g->level <= GROUP_CALLER;
}
/* The next coarser place that g is part of; NULL for a line and what is no place. */
const struct group *group_parent(const struct groups *gs, const struct group *g);

/* q-quantile of the number of live blocks over time. */
uint64_t group_concurrency(const struct group *g, double q);
double group_frees_share(const struct group *g);
/* Share of its blocks that what is in them outgrows, by realloc or by copying. */
double group_outgrown_share(const struct group *g);
/* More than half of its blocks are claimed by findings of other detectors. */
bool group_claimed(const struct groups *gs, const struct detect *d, const struct group *g);
bool group_has_site(const struct group *g, uint32_t site);
/* Makes the group's sites those of a finding, most allocations first. */
void group_into_finding(const struct groups *gs, const struct group *g, struct finding *x);
/* The same, most live bytes at the end first. */
void group_into_finding_by_live(const struct groups *gs, const struct group *g, struct finding *x);
/* "function (reader_file.c:12)", with the helper and the caller where the level tells them. */
const char *group_name(const struct group *g, char *text, size_t room);

#endif
