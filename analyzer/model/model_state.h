/*
 * What the model needs while it is being built and to run over the trace again.  Private to model/.
 *
 * Sites live in segments while they are built, so that a pointer to one stays good; when all events
 * have been read they move into one array.
 */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "model.h"
#include "pair.h"
#include "util/mem.h"

#ifndef SITE_SEGMENT /* the fuzz build has small tables */
#define SITE_SEGMENT 256u
#endif

struct site_state {
	uint64_t changed_ns;     /* when its live count changed last */
	uint32_t peaks_seen;     /* number of the process's peak that at_peak_* is of */
	uint32_t times_seen;     /* live_bytes_at[] is filled up to here */
	uint32_t oldest, newest; /* live list: slot + 1 */
	uint32_t next_of_stack;  /* site id + 1: another class at the same stack */
	uint32_t threads_room;
	uint32_t thread_last; /* of threads[], hit last */
	uint32_t edge[2];     /* edge number + 1 followed last, for allocations and frees */
};

/* Ids of sites by stack and class. */
struct site_index {
	uint32_t *first_of_stack; /* site id + 1, by stack id */
	uint32_t n_stacks;
};

struct edge_table {
	struct site_edge *edge;
	uint32_t n, room;
	uint32_t *slot;   /* edge number + 1, 0 empty; at most half full */
	uint32_t n_slots; /* a power of two */
};

struct class_state {
	uint64_t changed_ns;
	uint32_t times_seen;
	uint32_t gc_serial; /* collection that gc_freed counts for */
	uint32_t gc_freed;
	struct tally live_by_thread; /* key: building thread */
};

struct model_state {
	struct site **segment;
	uint32_t n_segments, segments_room;
	struct site_index index;
	struct edge_table edges;
	struct pair pair;
	const struct model_observer *observers;
	uint32_t n_observers;
	uint64_t now_ns;
	uint64_t brk_bytes;   /* of the brk heap, as last seen */
	struct tally backing; /* address of an allocator's mapping -> bytes, see regions.c */
	uint64_t next_ns;     /* the next mark or point of the timeline; UINT64_MAX none */
	uint32_t n_peaks;     /* times the process's live bytes reached a new maximum */
	uint32_t mark;        /* times_ns[] passed */
	uint32_t gc_serial;
	uint32_t *class_at; /* by class id: number in m->classes + 1 */
	uint32_t n_class_at, classes_room;
	struct owners *owners;
	struct constructions *constructions;
	uint64_t untraced_cpu_ns;
};

/* ---- sites.c ---- */
void sites_init(struct model *m);
struct site *sites_get(struct model *m, uint32_t stack, uint32_t class_id); /* makes it */
const struct site *sites_find(const struct model *m, uint32_t stack, uint32_t class_id);
static inline struct site *sites_building(const struct model *m, uint32_t id)
{
	return &m->state->segment[id / SITE_SEGMENT][id % SITE_SEGMENT];
}
/* Moves all sites into m->sites, and the blocks' pointers with them. */
void sites_settle(struct model *m);
void sites_release(struct model *m);

/* ---- fold.c ---- */
void fold_alloc(struct model *m, struct block *b, const struct event *e);
void fold_free(struct model *m, struct block *b, const struct event *e, bool implied);
void fold_realloc(struct model *m, struct block *old_block, struct block *new_block,
                  const struct event *e);
void fold_class(struct model *m, struct block *b, const struct event *e);
void fold_region(struct model *m, const struct event *e);
void fold_gc(struct model *m, const struct event *e);
/* Fills timeline and marks up to an event's time. */
void fold_marks(struct model *m, uint64_t time_ns);
static inline void fold_time(struct model *m, uint64_t time_ns)
{
	if (__builtin_expect(time_ns > m->state->next_ns, 0))
		fold_marks(m, time_ns);
	m->state->now_ns = time_ns;
}
/* All events are read: what is still open is closed, lists are sorted, sums are checked. */
void fold_finish(struct model *m);

/* ---- regions.c ---- */
void regions_count(struct model *m, const struct event *e);
void regions_release(struct model *m);

/* ---- edges.c ---- */
void edges_init(struct edge_table *t);
void edges_release(struct edge_table *t);
/* The edge's number + 1, 0 when there is no room. */
uint32_t edges_get(struct edge_table *t, uint32_t a, uint32_t b);
void edges_settle(struct model *m);

/* ---- classes.c ---- */
void classes_alloc(struct model *m, const struct block *b, uint32_t class_id, uint64_t time_ns);
void classes_free(struct model *m, const struct block *b, const struct event *e, bool in_gc);
/* The block turns out to be of another class than thought. */
void classes_change(struct model *m, const struct block *b, const struct event *e);
void classes_finish(struct model *m);
void classes_release(struct model *m);
struct class_stats *classes_get(struct model *m, uint32_t class_id); /* makes it */

/* ---- owners.c: what was allocated under an instance's methods ---- */
void owners_alloc(struct model *m, const struct block *b);
void owners_free(struct model *m, const struct block *b, const struct event *e);
void owners_finish(struct model *m);
void owners_release(struct model *m);

/* ---- constructions.c: what happens under __init__ ---- */
void constructions_alloc(struct model *m, const struct block *b);
/* The block's class is learned before its thread allocates again. */
void constructions_class(struct model *m, const struct block *b, uint32_t class_id);
void constructions_finish(struct model *m);
void constructions_release(struct model *m);

#endif
