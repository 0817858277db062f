/*
 * What happened in a process, as numbers: the one structure that detectors, simulators and reports
 * read.  Built by one streaming pass over a trace; after that immutable.
 *
 * Words: a *block* is one live range of memory; a *site* is all blocks allocated from one stack (and,
 * for Python objects, of one class: the same stack with another class is another site); a *class* is
 * all instances of one Python class, wherever built.
 *
 * A realloc ends the old block and begins a new one, whose site is the stack of the realloc; the
 * chain is followed in site_reallocs of the site where the chain began.  A block replaced by a second
 * allocation at its address (its free was lost) is ended there and counted in double_allocs.
 *
 * Memory: 64 bytes per live block and 12 to 24 for finding it; per site see site.h; nothing grows with
 * events, except the edges between sites, which are capped.
 */
#ifndef PT_MODEL_MODEL_H
#define PT_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/site.h"
#include "symbols/symbols.h"
#include "trace/events.h"
#include "trace/trace.h"
#include "util/hist.h"
#include "util/tally.h"

#define MODEL_ARGUMENTS_CAP 4096u /* keys of arguments kept of a class */
#define MODEL_SHAPES_CAP 64u      /* shapes of constructions kept of a class */
#ifndef MODEL_EDGES_CAP           /* the fuzz build has small tables */
#define MODEL_EDGES_CAP 65536u    /* pairs of sites kept */
#endif
#ifndef MODEL_TIMELINE      /* the fuzz build has a short one */
#define MODEL_TIMELINE 128u /* points of the process's timeline */
#endif

/* How often site b's event directly followed site a's on the same thread. */
struct site_edge {
	uint32_t a, b; /* site ids; order matters: first a, then b */
	uint64_t co_allocs;
	uint64_t co_frees;
};

/* All instances of one Python class, as far as it could be named. */
struct class_stats {
	uint32_t class_id;
	const char *name, *module;
	const struct trace_class *type;
	uint64_t built, freed, freed_in_gc;
	uint64_t live, peak_live;
	uint64_t live_bytes, peak_live_bytes; /* of the objects' own blocks */
	uint64_t allocated_bytes;
	uint64_t first_ns, last_ns; /* first and last instance built */
	struct hist size;           /* bytes of the object's own block */
	struct hist lifetime_ns;
	struct hist concurrency;  /* live instances, weighted with ns */
	struct hist per_gc_freed; /* instances freed in one collection */
	/* Of user classes, over instances that have died or are live at the end: */
	struct hist owned_bytes; /* allocated under its methods and died with it, or lives with it;
	                                the object's own block not included */
	uint64_t escaped_blocks, escaped_bytes; /* allocated under its methods, outlived it */
	/* Construction: what happened under the __init__ (or __new__, __post_init__) that the building
	 * frame called, those of other objects built in there included. */
	uint64_t constructions;           /* with at least one such event; user classes only */
	uint64_t ctor_events, ctor_bytes; /* allocations */
	uint64_t ctor_objects;    /* of these, those of Python's object and memory domains */
	struct tally ctor_shapes; /* constructions with the same of both; capped */
	struct hist ctor_ns_low;  /* the object to the last event under __init__ */
	struct hist
		ctor_ns_high; /* allocation of the object to the thread's next event after them */
	/* Calls of the class that took 12 us and more, timed from their beginning to their return. */
	uint64_t slow_calls, slow_calls_with_cpu;
	uint64_t slow_ns, slow_cpu_ns; /* sums; CPU time over slow_calls_with_cpu of them */
	uint64_t slow_ns_with_cpu;     /* wall time over the same */
	uint64_t
		slow_waiting_ns; /* wall time without CPU time, of those of them in which the thread waited */
	struct hist slow_call_ns;
	struct tally arguments; /* key of the arguments -> slow calls; capped */
	struct tally
		contents;   /* the same by plain values alone, whichever objects are beside them */
	struct tally sites; /* building sites (site id) -> instances */
	struct tally threads;          /* building threads -> instances */
	uint32_t peak_live_one_thread; /* most live instances built by one thread */
	uint64_t live_at[MODEL_TIMES];
	struct class_state *state; /* model/ only */
};

struct model_totals {
	uint64_t allocs, frees;
	uint64_t allocated_bytes, freed_bytes;
	uint64_t live_blocks, live_bytes;
	uint64_t peak_live_bytes, peak_live_bytes_blocks; /* blocks at that moment */
	uint64_t peak_live_blocks;
	uint64_t peak_ns, peak_event;
	uint64_t temporary_allocs;
	uint64_t reallocs, realloc_moved, callocs;
	uint64_t cross_thread_frees;
	/* Memory asked from the system, apart from live bytes. */
	uint64_t reserved_bytes, peak_reserved_bytes; /* by allocators: backing store, brk */
	uint64_t mapped_bytes, peak_mapped_bytes;     /* anonymous mmap by the program itself */
	uint64_t n_maps;
	/* Python. */
	uint64_t gc_collections[3], gc_collected[3], gc_pause_ns[3];
	struct hist gc_pause;      /* ns of one collection */
	uint64_t domain_allocs[4]; /* by enum ptf_domain */
};

struct model_health {
	uint64_t events;           /* allocs + frees + undone ones, as read */
	uint64_t lost_events;      /* as the recorder counted */
	uint64_t unmatched_frees;  /* of addresses that were not live */
	uint64_t double_allocs;    /* of addresses that were live */
	uint64_t undone_reallocs;  /* failed calls, put back */
	uint64_t truncated_stacks; /* events whose stack is cut or lost */
	uint64_t unknown_stacks;   /* allocations whose stack has no definition */
	uint64_t damaged_chunks;
	bool complete; /* nothing lost, nothing damaged, the end of the process and all that it forked were seen */
};

struct model_point {
	uint64_t time_ns;
	uint64_t live_bytes, live_blocks;
	uint64_t allocs, frees, allocated_bytes; /* so far */
	uint64_t reserved_bytes;
};

/* ---- the model ---- */

struct model {
	struct trace *trace;                 /* names, modules, threads, census, notes */
	const struct trace_process *process; /* == &trace->process */
	struct model_health health;
	struct model_totals totals;

	struct site *sites; /* by id, in order of first allocation */
	uint32_t n_sites;
	struct class_stats *classes; /* by number of instances built, most first */
	uint32_t n_classes;
	struct site_edge
		*edges; /* most co-allocations first; capped, so rare pairs may be missing */
	uint32_t n_edges;

	uint64_t duration_ns;
	uint64_t times_ns[MODEL_TIMES];
	struct model_point timeline[MODEL_TIMELINE];
	uint32_t n_timeline;

	struct symbols *symbols;   /* resolver with its cache; opened on first use */
	struct model_state *state; /* model/ only */
};

/*
 * A live block, as observers see it: one line of the cache.  The pointer is valid during the callback
 * only.  The bit fields hold 48 bits of what a 64-bit process on this machine cannot exceed: sizes, the
 * number of events.
 */
struct block {
	uint64_t address;
	uint64_t time_ns;         /* of its allocation */
	uint64_t size_bytes : 48; /* as requested */
	uint64_t op : 4;          /* enum ptf_op */
	uint64_t domain : 2;      /* enum ptf_domain */
	uint64_t align_log2 : 6;  /* asked for, 0 not */
	uint64_t flags : 4;       /* BLOCK_*, model/ only */
	union {
		struct {
			uint64_t seq : 48; /* event number of its allocation */
			uint64_t bytes_before_high : 16;
		};
		uint32_t serial; /* tells apart the blocks that lived in one slot */
	};
	uint32_t bytes_before_low; /* bytes that the process had allocated before it, modulo 2^48 */
	uint32_t site_id;
	uint32_t slot;         /* dense number: below the process's peak of live blocks, reused */
	uint32_t thread;       /* allocated by */
	uint32_t class_id;     /* class of the object in it, 0 none */
	uint32_t owner_slot;   /* slot + 1 of the Python instance it was allocated under, 0 none */
	uint32_t owner_serial; /* serial of that instance's block */
	uint32_t
		position; /* number of this allocation in its site; of a free slot: the next one + 1 */
};

/*
 * Called for each step of a streaming pass, in merged order.  Any member may be NULL.  `b` is the
 * block with its site; `e` the event that caused the step.
 */
struct model_observer {
	void *context;
	const char *what; /* the pass is for, in the progress bar; the first observer's counts */
	void (*on_alloc)(void *context, const struct block *b, const struct event *e);
	/* The block is about to end.  For the old block of a realloc see on_realloc. */
	void (*on_free)(void *context, const struct block *b, const struct event *e);
	/* old ends, new begins (both are complete; new has the chain); instead of on_free + on_alloc. */
	void (*on_realloc)(void *context, const struct block *old_block,
	                   const struct block *new_block, const struct event *e);
	void (*on_class)(void *context, const struct block *b, const struct event *e);
	void (*on_region)(void *context, const struct event *e);
	void (*on_gc)(void *context, const struct event *e);
	/* After all events, for each block that is live; model_scan() only. */
	void (*on_live)(void *context, const struct block *b);
	void (*on_end)(void *context, uint64_t time_ns);
};

/*
 * Reads the whole trace into a new model, which takes ownership of t (also on failure).  parts: of enum
 * model_part, what is to be counted beyond struct site.
 */
int model_build(struct trace *t, unsigned parts, struct model **out);
void model_free(struct model *m);

/* Gives back everything but totals, health, the process's numbers and program, and the trace's path: no
 * sites, no classes, no names, nothing to scan. */
void model_shrink(struct model *m);

/* Another pass over the events of a finished model: pairing only, no numbers change.  The sites that
 * observers see are the finished ones.  0, or -1 after error(). */
int model_scan(const struct model *m, const struct model_observer *observers, uint32_t n_observers);

/* Blocks that are live at the end, in order of allocation; returns when visit returns false. */
void model_each_live_block(const struct model *m,
                           bool (*visit)(void *context, const struct block *b), void *context);

/* Symbolised frames of a stack; cached, the same pointer for the same stack.  Never fails. */
struct stack_view model_stack(const struct model *m, uint32_t stack);
struct stack_view model_site_stack(const struct model *m, const struct site *s);

/* Source frames of one recorded frame, innermost inlined function first; at least one; cached. */
const struct symbol *const *model_frame_symbols(const struct model *m, uint32_t frame, uint32_t *n);

/* Symbol of the outermost real function of one recorded frame (no inlined ones); cached. */
const struct symbol *model_frame_symbol(const struct model *m, uint32_t frame);

/* Frame id of each node of a stack without symbols, leaf first; returns how many were written.
 * trace->nodes gives the same as a tree. */
uint32_t model_raw_stack(const struct model *m, uint32_t stack, uint32_t *frames, uint32_t cap);

/* The frame a site is named after. */
const struct symbol *model_site_name(const struct model *m, const struct site *s);

/* Class by id, NULL when no instance was seen. */
const struct class_stats *model_class(const struct model *m, uint32_t class_id);

/* The edge from a to b, NULL when none was kept. */
const struct site_edge *model_edge(const struct model *m, uint32_t a, uint32_t b);

/* CPU of the untraced run in ns: from --cpu-ms, else from the baseline in the trace; 0 unknown, and
 * then no percentage of CPU may be printed. */
uint64_t model_untraced_cpu_ns(const struct model *m);
void model_set_untraced_cpu_ns(struct model *m, uint64_t cpu_ns);

#endif
