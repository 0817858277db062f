/*
 * Events of one trace in one order: decodes each stream's chunks and merges the streams by time.
 *
 * Order.  Within a stream, program order.  Across streams, by stamp; where stamps are within a
 * microsecond of each other the life of the address decides: an allocation of an address that is
 * still live waits for its free in another stream, a free of an address that is not live waits for
 * its allocation, both for a bounded time.  An event without a stamp lies between its neighbours in
 * program order; its time is interpolated up to the next stamp of its stream (but not across the
 * turns of other threads, PTF_E_SOLE_RECORDER, where it takes the time of the stamp before it).
 *
 * Memory: one coder (13 KB) per stream that is active at the same time.  About 15 ns per event.
 */
#ifndef PT_TRACE_EVENTS_H
#define PT_TRACE_EVENTS_H

#include "trace.h"

enum event_kind {
	EVENT_ALLOC,  /* address, size_bytes, align_log2, stack, class_id, owner, op, domain */
	EVENT_FREE,   /* address, stack (often the caller alone), op, domain */
	EVENT_UNDO,   /* this thread's last EVENT_FREE with op PTF_OP_REALLOC_FREE did not happen */
	EVENT_CLASS,  /* address, class_id: class of a live block, learned late */
	EVENT_REGION, /* region, address, size_bytes, stack, old_address, old_bytes */
	EVENT_GC,     /* gc_stop, generation, collected, uncollectable */
	EVENT_MARK,   /* region (enum ptf_mark), old_address (region number, 0 none); the name lies
			 at `address` in the file, `size_bytes` long: trace_mark_name() */
	EVENT_ARGUMENT, /* address: an object among the arguments of the EVENT_CONSTRUCTED that follows in
	                   this thread */
	EVENT_CONSTRUCTED, /* address, class_id, size_bytes: ns that building it took, owner: CPU time of the
	                      thread in it in ns + 1 (0 unknown), stack: how often it gave the processor
	                      away, old_bytes: hash of plain arguments */
};

struct event {
	uint64_t time_ns; /* since the trace's start; never decreases */
	uint64_t seq;     /* number in the merged order, from 0 */
	uint64_t address;
	uint64_t size_bytes; /* as requested */
	union {
		uint64_t owner; /* ALLOC: address of the Python instance in whose method; 0 none */
		uint64_t old_address; /* REGION, MARK */
		uint64_t collected;   /* GC */
	};
	union {
		uint64_t old_bytes;     /* REGION */
		uint64_t uncollectable; /* GC */
	};
	uint32_t stack;    /* stack id, 0 unknown */
	uint32_t class_id; /* 0 none or unknown */
	uint32_t thread;   /* thread number */
	uint32_t stream;
	uint8_t kind;       /* enum event_kind */
	uint8_t op;         /* enum ptf_op */
	uint8_t domain;     /* enum ptf_domain */
	uint8_t align_log2; /* asked for, 0 not */
	uint8_t region;     /* REGION: enum ptf_region; MARK: enum ptf_mark */
	uint8_t gc_stop;    /* GC: 0 a collection starts, 1 it ends */
	uint8_t generation; /* GC */
	uint8_t stamped;    /* time_ns was recorded, not interpolated */
};

/* Where in the file an event came from, for `dump`. */
struct event_origin {
	uint64_t chunk_offset; /* of its chunk in the file */
	uint32_t chunk_byte;   /* of its tag in the chunk's payload */
	uint32_t n_bytes;
};

struct events;

/* Says whether a block at this address is live; lets the merge decide ties.  NULL: stamps alone. */
typedef bool (*events_is_live)(void *context, uint64_t address);

struct events *events_new(struct trace *t, events_is_live is_live, void *context);

void events_free(struct events *e);

/* The next event, or false at the end.  Damage met on the way is counted in t->health. */
bool events_next(struct events *e, struct event *out);

/*
 * The next events of the order that come from one stream, in place: at least one.  Valid until the next
 * call.  event[n] to event[n_ahead - 1] are the stream's later ones, whose turn has not come: their
 * addresses tell a cache what to fetch.
 */
struct event_run {
	const struct event *event;
	uint32_t n, n_ahead;
	bool is_fresh; /* none of these has been seen ahead */
};
bool events_run(struct events *e, struct event_run *run);

/* Origins will be asked for; before the first event is read. */
void events_want_origins(struct events *e);
/* Origin of the event last returned by events_next(). */
struct event_origin events_origin(const struct events *e);

/* How far: bytes of event chunks consumed, of all; for a progress bar. */
void events_progress(const struct events *e, uint64_t *done_bytes, uint64_t *all_bytes);

#endif
