/*
 * Blocks that are made in a row and die together: by the identity of the blocks, not by counts.
 *
 * Place b is the *companion* of place a if b's allocation nearly always is the next one on the thread
 * after a's.  Each such pair of blocks is followed: it dies together if one thread frees both and
 * allocates nothing in between.  Otherwise a slot with room for both would be handed out again while
 * one of them is in use.
 *
 * Counted for the three levels of places (groups.h) at once.  Memory: 40 bytes a live block and level,
 * only if a level has companions.
 */
#ifndef PT_DETECT_COMPANIONS_H
#define PT_DETECT_COMPANIONS_H

#include "groups.h"

#define COMPANION_LEVELS 3u /* GROUP_LINE, GROUP_CALL, GROUP_CALLER */

/* A place and its companion. */
struct companion {
	uint32_t next;     /* group index + 1, 0 none */
	uint64_t made;     /* pairs */
	uint64_t together; /* pairs that died together */
	uint64_t apart;    /* pairs that did not */
	uint64_t halves;   /* pairs of which only one block is live at the end */
};

struct companion_member;

struct companion_level {
	struct companion *of;             /* by group index + 1; NULL: no place has a companion */
	struct companion_member *members; /* by slot, during the pass */
	uint32_t n_members;
};

struct companion_thread {
	uint64_t allocs;
	uint32_t slot; /* of its latest allocation + 1; 0: none, or it is dead */
	uint32_t site;
};

struct companions {
	const struct groups *groups;
	struct companion_level level[COMPANION_LEVELS];
	struct companion_thread *threads;
	uint32_t n_threads;
	uint64_t n_moved; /* blocks that ended by realloc */
};

/* Finds the companions by the model's edges; returns how many observers it wants: 0 or 1. */
uint32_t companions_watch(struct companions *c, const struct groups *gs, const struct detect *d,
                          struct model_observer *out);
void companions_release(struct companions *c);

/* The group that the level has for the site, or else the next coarser one: index + 1, 0 none. */
uint32_t companions_place(const struct groups *gs, unsigned level, uint32_t site);
/* The companion of group g at this level if the two can share one slot: index + 1, 0 none. */
uint32_t companions_next(const struct companions *c, const struct detect *d, unsigned level,
                         uint32_t g);
/* Share of the pairs of g and its companion that did not die together; of halves nobody knows. */
double companions_apart_share(const struct companions *c, unsigned level, uint32_t g);

#endif
