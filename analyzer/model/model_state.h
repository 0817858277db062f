/*
 * What the model needs while it is being built and to run over the trace again.  Private to model/.
 */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "model.h"
#include "pair.h"
#include "site_count.h"
#include "util/mem.h"

/* Ids of sites by stack and class. */
struct site_key {
	uint32_t stack, class_id;
};

struct site_index {
	struct site_key *key;    /* by site id */
	uint32_t *last_of_stack; /* by stack id: the site found there last, id + 1 */
	uint32_t *slot;          /* hash index of key[]: id + 1, 0 empty; at most half full */
	uint32_t n, room, n_stacks, n_slots;
};

struct edge_slot {
	uint32_t a, b;
	uint32_t edge; /* number + 1, 0 empty */
};

struct edge_pair {
	uint32_t a;
	uint32_t b : 31;
	uint32_t is_free : 1;
};

#define EDGE_PAIRS 1024u /* in a batch */

struct edge_table {
	struct site_edge *edge;
	uint32_t n, room;
	struct edge_slot *slot; /* at most half full */
	uint32_t n_slots;       /* a power of two */
	struct edge_pair *waiting;
	uint32_t n_waiting;
};

struct class_state {
	uint64_t changed_ns;
	uint32_t times_seen;
	uint32_t gc_serial; /* collection that gc_freed counts for */
	uint32_t gc_freed;
	struct tally live_by_thread; /* key: building thread */
};

struct model_state {
	uint32_t sites_room; /* of m->sites, which moves when it grows */
	struct site_index index;
	struct edge_table edges;
	struct pair pair;
	struct site_moment at;
	uint64_t
		first_event; /* blocks of earlier ones are not counted; UINT64_MAX: none has been so far */
	struct {
		uint64_t unmatched_frees, double_allocs, undone_reallocs, allocated_bytes;
	} before;             /* what pair counted before first_event */
	uint64_t brk_bytes;   /* of the brk heap, as last seen */
	struct tally backing; /* address of an allocator's mapping -> bytes, see regions.c */
	uint64_t next_ns;     /* the next mark or point of the timeline; UINT64_MAX none */
	uint32_t gc_serial;
	uint32_t *class_at; /* by class id: number in m->classes + 1 */
	uint32_t n_class_at, classes_room;
	struct owners *owners;
	struct announcing *announcing; /* NULL: no mark and no region so far */
	struct constructions *constructions;
	uint64_t untraced_cpu_ns;
};

/* ---- sites.c ---- */
void sites_init(struct model *m);
/* Id of the site, which is made if need be; `stack` exists. */
uint32_t sites_get_slow(struct model *m, uint32_t stack, uint32_t class_id);
static inline uint32_t sites_get(struct model *m, uint32_t stack, uint32_t class_id)
{
	const struct site_index *x = &m->state->index;
	if (__builtin_expect(stack >= x->n_stacks, 0))
		stack = 0;
	uint32_t last = x->last_of_stack[stack];
	return last && x->key[last - 1].class_id == class_id ? last - 1
	                                                     : sites_get_slow(m, stack, class_id);
}
/* Id + 1 of the site, 0: there is none. */
uint32_t sites_find(const struct model *m, uint32_t stack, uint32_t class_id);
static inline uint32_t sites_stack(const struct model *m, uint32_t id)
{
	return m->state->index.key[id].stack;
}
void sites_release(struct model *m);

/* A block from before the part of the trace that is asked for. */
static inline bool model_is_before(const struct model *m, const struct block *b)
{
	return __builtin_expect(b->seq < m->state->first_event, 0);
}

/* Where the part of the trace begins that is counted. */
static inline uint64_t model_from_ns(const struct model *m)
{
	uint64_t end_ns = m->duration_ns;
	return m->trace->from_ns < end_ns ? m->trace->from_ns : end_ns;
}

/* ---- fold.c ---- */
void fold_alloc(struct model *m, struct block *b);
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
	m->state->at.now_ns = time_ns;
}
/* ---- announced.c; the first two only while m->state->announcing ---- */
void announced_alloc(struct model *m, const struct block *b); /* after it is in the totals */
void announced_temporary(struct model *m, const struct block *b);
void announced_event(struct model *m, const struct event *e);
void announced_finish(struct model *m, uint64_t end_ns);
void announced_release(struct model *m);

/* build.c: ends the reallocs that never came back. */
void build_pair_finish(struct model *m);
/* All events are read: what is still open is closed, lists are sorted, sums are checked. */
void fold_finish(struct model *m);

/* ---- regions.c ---- */
void regions_count(struct model *m, const struct event *e);
void regions_release(struct model *m);

/* ---- edges.c ---- */
void edges_init(struct edge_table *t);
void edges_release(struct edge_table *t);
void edges_flush(struct edge_table *t);
/* Site `site` follows *last (id + 1, 0 none) on a thread, and is the last one from now on. */
static inline void edges_note(struct edge_table *t, uint32_t *last, uint32_t site, bool is_free)
{
	if (*last) {
		if (__builtin_expect(!t->waiting, 0))
			t->waiting = mem_alloc(EDGE_PAIRS * sizeof *t->waiting);
		t->waiting[t->n_waiting++] =
			(struct edge_pair){.a = *last - 1, .b = site, .is_free = is_free};
		if (t->n_waiting == EDGE_PAIRS)
			edges_flush(t);
	}
	*last = site + 1;
}
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
void constructions_argument(struct model *m, const struct event *e);
void constructions_timed(struct model *m, const struct event *e);
void constructions_finish(struct model *m);
void constructions_release(struct model *m);

#endif
