/*
 * What one event does to the site of its block; see site_fold.c.  Private to model/.
 */
#ifndef PT_MODEL_SITE_FOLD_H
#define PT_MODEL_SITE_FOLD_H

#include <stdint.h>

struct site;

#ifndef SITE_OPS       /* the fuzz build has small ones */
#define SITE_OPS 1024u /* in a batch: 64 KB */
#endif

enum site_op_flag {
	SITE_OP_FREE = 1,
	SITE_OP_TEMPORARY = 2, /* freed before its thread allocated again */
	SITE_OP_CROSS = 4,     /* freed by another thread */
	SITE_OP_GC = 8,        /* freed inside a collection */
	SITE_OP_FREER = 16,    /* the freeing stack counts */
	SITE_OP_TIME = 32,     /* no event: the last free was at life_ns, before now */
};

/* An allocation or a free, with all that its site needs to know of the process at that moment. */
struct site_op {
	struct site *site;
	uint64_t now_ns;
	uint64_t life_ns; /* of a freed block: how long it lived, in ns, in events, in bytes */
	uint64_t life_bytes;
	uint64_t life_events : 48;
	uint64_t mark : 8;  /* times_ns[] passed */
	uint64_t flags : 8; /* enum site_op_flag */
	uint64_t size_bytes : 48;
	uint64_t op : 4;
	uint64_t domain : 2;
	uint64_t align_log2 : 6;
	uint32_t position;    /* number of the allocation in its site */
	uint32_t thread;      /* that allocated */
	uint32_t freer_stack; /* that frees */
	uint32_t n_peaks;     /* new maxima of the process's live bytes, before this event */
};

struct site_batch {
	struct site_op *op; /* SITE_OPS of them */
	uint32_t n;
};

/* Adds the operations to their sites, in order. */
void site_fold(const struct site_op *op, uint32_t n);

/* Settles what depends on time up to now_ns: the end. */
void site_finish(struct site *s, uint64_t now_ns, uint32_t n_peaks, uint32_t mark);

#endif
