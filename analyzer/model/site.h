/*
 * What one site counts.  Four lines of the cache for every site; what few sites need, or what only some
 * reports ask for, lies in struct site_more and exists on demand.
 *
 * Memory: 256 bytes per site, plus a histogram's window where values differ, plus site_more.
 */
#ifndef PT_MODEL_SITE_H
#define PT_MODEL_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/hist.h"
#include "util/tally.h"

#define MODEL_TIMES 32u       /* equidistant moments at which each site's live bytes are kept */
#define MODEL_SIZES_CAP 256u  /* distinct sizes kept of a site */
#define MODEL_THREADS_CAP 64u /* threads kept of a site */
#define MODEL_FREERS_CAP 64u  /* freeing stacks kept of a site */

/* What a model can be asked for beyond the counts of struct site. */
enum model_part {
	MODEL_COUNTS = 0,
	MODEL_SIZES = 1,   /* distinct sizes: site_sizes() */
	MODEL_FREERS = 2,  /* stacks that free: site_freers() */
	MODEL_EDGES = 4,   /* which site follows which: model.edges */
	MODEL_DETAILS = 8, /* struct site_details */
	MODEL_ALL = 15,
};

/* One thread's part in a site. */
struct site_thread {
	uint32_t thread;
	uint64_t n_allocs;
	uint64_t n_live; /* allocated by this thread, not yet freed by anyone */
	uint64_t peak_live_blocks;
};

/* Realloc: of the calls made from this stack, and of the blocks whose chain began here. */
struct site_reallocs {
	uint64_t calls, moved, copied_bytes;
	uint64_t chains;          /* ended or still live chains with at least one realloc */
	struct hist chain_length; /* reallocs of such a chain */
	struct hist final_size;   /* bytes, of such a chain */
};

struct live_order;

/* With MODEL_DETAILS. */
struct site_details {
	struct hist
		concurrency; /* live blocks, weighted with the ns for which they were that many; the
	                            time without any is left out */
	struct hist lifetime_events; /* of freed blocks, counted in events of the process */
	struct hist lifetime_bytes;  /* the same, counted in bytes allocated by the process */
	uint64_t lifo_frees;         /* freed while the youngest live block of the site */
	uint64_t fifo_frees;         /* freed while the oldest; a lone block counts as both */
	uint64_t zero_rounds;        /* times the live count returned to 0 */
	uint64_t changed_ns;         /* when its live count changed last; model/ only */
	struct live_order *order;    /* which of its allocations are live; model/ only */
};

/* What most sites do not need; each member exists on demand. */
struct site_more {
	uint64_t *live_bytes_at;     /* MODEL_TIMES of them, at model.times_ns[] */
	struct site_thread *threads; /* of more than one; sorted by allocations; capped */
	uint32_t threads_room;
	uint32_t thread_last;       /* of threads[], hit last; model/ only */
	struct tally sizes, freers; /* of more than one; sorted by count; capped */
	struct site_reallocs *reallocs;
	struct site_details *details;
};

/* Fields are grouped by what one event touches. */
struct site {
	/* Touched by each event. */
	uint64_t live_blocks, live_bytes; /* at the end */
	uint64_t allocs, frees;
	uint64_t allocated_bytes;
	uint64_t peak_live_blocks, peak_live_bytes; /* of the two, each its own maximum */
	uint32_t thread;                            /* that allocated first */
	uint32_t peaks_seen; /* number of the process's peak that at_peak_* is of; model/ only */

	/* Touched by each allocation. */
	uint64_t max_size_bytes;
	uint64_t last_alloc_ns;
	struct hist size;       /* requested bytes */
	uint8_t op;             /* enum ptf_op of the first allocation */
	uint8_t domain;         /* enum ptf_domain of the first allocation */
	uint8_t align_log2;     /* largest alignment asked for, 0 none */
	uint8_t n_threads;      /* that site_thread_at() knows */
	uint8_t n_threads_seen; /* may exceed the cap by one, which stands for any number */
	uint8_t times_seen;     /* live_bytes_at[] is filled up to here; model/ only */

	/* Touched by each free. */
	struct hist lifetime_ns; /* of freed blocks */
	uint64_t temporary;      /* freed before their thread allocated again */
	uint64_t cross_thread_frees;
	uint64_t gc_frees; /* freed inside a collection of CPython's */

	/* Touched at times. */
	uint64_t first_alloc_ns;
	uint64_t n_calloc;
	uint64_t at_peak_blocks, at_peak_bytes; /* at the process's peak of live bytes */
	uint32_t id;                            /* index in model.sites */
	uint32_t stack;                         /* stack id; model_stack() has its frames */
	uint32_t class_id;                      /* class of the Python objects, 0 none */
	uint32_t freer; /* stack that freed first (often the caller alone); with MODEL_FREERS */
	uint64_t n_freer_frees; /* frees from there, while it is the only one */
	struct site_more *more; /* NULL: nothing of it */
} __attribute__((aligned(64)));

/* Distinct keys of a site, most frequent first. */
struct site_list {
	const struct tally_entry *entry;
	uint32_t n;
	uint64_t overflow;      /* counts of keys beyond the cap */
	struct tally_entry one; /* where there is a single key */
};

/* Distinct requested sizes; of a model with MODEL_SIZES. */
void site_sizes(const struct site *s, struct site_list *out);
/* Stacks that freed; of a model with MODEL_FREERS. */
void site_freers(const struct site *s, struct site_list *out);
/* The stack that freed most of its blocks, 0 unknown or none. */
uint32_t site_top_freer(const struct site *s);

/* The i-th thread by allocations, i < n_threads. */
struct site_thread site_thread_at(const struct site *s, uint32_t i);

/* Never NULL: zeros where there is nothing. */
const struct site_reallocs *site_reallocs(const struct site *s);
/* Zeros without MODEL_DETAILS. */
const struct site_details *site_details(const struct site *s);

/* Live bytes at model.times_ns[i]. */
static inline uint64_t site_live_bytes_at(const struct site *s, uint32_t i)
{
	return s->more && s->more->live_bytes_at ? s->more->live_bytes_at[i] : 0;
}

#endif
