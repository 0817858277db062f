/*
 * All state of one thread, and the guard that keeps hooks from running inside hooks.
 *
 * A struct self is taken from a pool at a thread's first event and returned when the thread ends; its
 * event stream goes on in the next thread that takes it (PTF_E_THREAD tells whose events follow).
 * Whatever may unwind, lock or write takes a struct self *, obtainable only from guard_enter(): no
 * token, no call.
 *
 * Memory: 32 KiB of mapped chunk, 25 KiB of tables, 100 bytes for each frame of the deepest stack.
 */
#ifndef PT_SELF_H
#define PT_SELF_H

#include "base/frame_start.h"
#include "base/generation.h"
#include "trace_codec.h"

#define SELF_PENDING 16u
#define SELF_CALLERS 128u
#define SELF_TABLES 8u

/* What a thread does that does not run the program's own code.  These are no epochs. */
enum self_busy {
	SELF_STALE = GENERATION_MAX + 1, /* nothing, but it has to catch up first */
	SELF_IN_HOOK,   /* what comes now is from a signal handler: keep it for later */
	SELF_UNTRACKED, /* what comes now is our own doing: record nothing */
	SELF_IN_NEXT, /* an allocator behind ours works: what it calls is no event, what others call is */
	SELF_IN_ALLOCATOR, /* what comes now is backing store of an allocator above malloc */
};

/* One frame of a stack that was taken, see incremental_unwind.h. */
struct link {
	uint64_t at;   /* address of the word that named this frame: its return address's place */
	uint64_t key;  /* what was there; 0: the end of the chain, which is no frame */
	uint64_t bp;   /* bp in this frame, if it or a caller needs that to find its way; else 0 */
	uint64_t rule; /* see unwind_rules_find(), RULE_NORMAL or RULE_ROOT; 0: no frame */
};

/* Belongs to its thread alone. */
struct last_walk {
	uint64_t hash;                        /* sum of stack_hash_part() over the links */
	uint32_t n;                           /* links, 0: nothing is known */
	bool uses_bp;                         /* some link has bp */
	struct link link[PTF_MAX_FRAMES + 1]; /* root first */
};

/* Frames of a walk that has not met its chain yet. */
struct last_walk_fresh {
	uint32_t n;
	uint32_t
		room; /* PTF_MAX_FRAMES; 0: the last stack was deeper, walks of this kind are in vain */
	struct link link[PTF_MAX_FRAMES + 1]; /* leaf first */
};

/* A word that must hold. */
struct stack_cache_word {
	uint64_t at, value;
};

/* A stack and the registers that it was taken from, see stack_cache.h. */
struct stack_cache_entry {
	uint64_t ip, sp; /* 0: none */
	uint64_t bp;     /* 0: any */
	uint64_t first;  /* its words, counted since the beginning */
	uint32_t n;
	uint32_t stack;     /* id; 0: it was not asked for yet */
	uint64_t hash;      /* unwind_hash() */
	uint64_t candidate; /* hash of the last that was not the one kept here */
} __attribute__((aligned(64)));

#define STACK_CACHE_ENTRIES 64u
#define STACK_CACHE_WORDS 1024u

struct stack_cache {
	uint64_t end; /* words ever written */
	struct stack_cache_entry entry[STACK_CACHE_ENTRIES];
	struct stack_cache_word word[STACK_CACHE_WORDS];
};

/* A word that named a frame. */
struct deep_word {
	uint64_t at, key;
};

#define DEEP_FRAMES (PTF_MAX_FRAMES / 2) /* at each end */

/* The root end of a deep stack, see deep_stack.h. */
struct deep_stack {
	uint32_t events_left; /* until it is walked again as a whole; 0: nothing is known */
	unsigned flags;       /* PTF_STACK_*: how the walk ended */
	uint64_t leaf_sp;     /* where the last walk that led here began */
	uint64_t low, high;   /* addresses of the first and the last word */
	struct deep_word word[DEEP_FRAMES]; /* in no order */
	uint32_t frame[DEEP_FRAMES];        /* numbers, leaf first */
};

/* The last stacks of a thread, from which the next ones are taken.  Mapped at its first event: 20 KiB,
 * 96 bytes for each frame of the deepest stack, and 10 KiB if that is deeper than a trace keeps. */
struct last_walks {
	struct stack_cache stack_cache;
	struct last_walk allocs, releases;
	struct last_walk_fresh fresh;
	struct deep_stack deep;
};

/* The stack that is this caller alone. */
struct caller_stack {
	uint64_t ip;
	uint32_t stack;
};

/* An event of a signal handler that interrupted a hook; recorded when the hook ends. */
struct pending {
	uint64_t address, size_bytes, time;
	uint64_t ip;
	uint32_t what; /* ptc_what() */
};

enum due {
	DUE_CLASS = 1, /* an allocation waits for its class: see python/pending_class.h */
	DUE_LOOKS = 2, /* blocks without one are looked at again */
};

/* What each event needs is in the first lines of the cache, and in one page but for the coder's tables. */
struct self {
	/* guard */
	volatile uint32_t busy; /* enum self_busy, or outside of all of these `epoch` */
	uint32_t generation; /* of the process when this thread caught up with it; or SELF_STALE */
	uintptr_t busy_sp;   /* its frame, to tell a hook that a longjmp has left */

	/* of each event */
	uint8_t *pos;      /* where the next record goes; NULL: no chunk yet */
	uint8_t *soft_end; /* when pos is beyond, a new chunk is due, or writing this one out */
	struct last_walks *last_walks;    /* NULL: not yet, or no memory for them */
	uint32_t number_in_pool;          /* from 1: 0 is nobody, see timestamp.h */
	uint32_t countdown;               /* events until the next time stamp, see timestamp.h */
	uint32_t unwind_rules_generation; /* whose addresses `callers` and `chains` remember */
	volatile uint32_t n_pending;      /* signal handlers' events */
	uint8_t due;                      /* enum due: what the next event of Python's does first */
	bool unsure;            /* releases are compared with the blocks of struct unsure */
	uint16_t to_whole_free; /* releases until the next whose whole stack is taken */

	/* preload/python's part, in one line with the first of the coder */
	struct py_thread *
		running; /* `python`, while it is not to ask who ran last: see python/pending_class.h; else NULL */
	uint64_t owner;        /* PTF_E_OWNER in force in this chunk */
	bool inside_allocator; /* of CPython, called by the recorder's own code: see python/allocators.c */
	uint8_t n_tables; /* what CPython's allocator asked for in the call under way, see `tables` */
	bool fine_granule; /* addresses of this stream are multiples of 8 only */

	struct ptc_coder coder;
	struct caller_stack callers[SELF_CALLERS]; /* who has freed lately, by address */
	struct py_thread *python;        /* preload/python's state of this thread, NULL: none yet */
	const void *tables[SELF_TABLES]; /* for the block, or for itself: python/allocators.c */

	/* stream: the chunk being written */
	struct ptf_chunk *chunk; /* mapped, NULL: none */
	uint8_t *written;        /* up to here it is in the file; used where it is not mapped */
	uint32_t stream;         /* number of this stream */
	uint32_t n_chunks;       /* that it has begun */
	uint32_t n_whole_frees;  /* releases with their whole stack */

	/* turn */
	bool holds;                   /* PTF_E_HOLD in force */
	uint32_t stamp_every;         /* where the countdown started from at the last stamp */
	uint32_t n_dense;             /* so many events more get a time each */
	uint64_t sole_recorder_since; /* when this thread took the turn last */
	uint64_t stamped_at;

	/* thread */
	uint32_t tid;
	uint32_t number;    /* PTF_D_THREAD number, 0: not yet announced */
	uint32_t next_free; /* pool link: number_in_pool */
	uint8_t in_use;     /* protected by the pool's lock */
	uint8_t leaving;    /* the thread's last destructor has run */
	uint8_t exit_rounds;
	uint8_t taken_over; /* another thread's until now: the stream must say whose events follow */
	struct pending pending[SELF_PENDING];

	/* unwinding */
	uint64_t stack_low, stack_high; /* the thread's own stack, as far as is known; 0: nothing */
	uint32_t frames[PTF_MAX_FRAMES + 1]; /* rule numbers of the stack at hand, leaf first */
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct self, running) == 64, "what each event needs is in one line");
_Static_assert(offsetof(struct self, coder.next) <= 128,
               "what each event of Python's needs is in two");
_Static_assert(offsetof(struct self, coder.context) % 64 == 0, "four contexts in a line");

extern __thread struct self *self_tls __attribute__((tls_model("initial-exec")));

/* The slow part of guard_enter: first event of a thread or process, nested call, recording off. */
struct self *guard_enter_slow(const void *frame);

/* What to do with an event for which guard_enter() gave NULL: kept for later, or counted. */
void guard_missed(uint64_t ip, uint32_t what, uint64_t address, uint64_t size_bytes);

/* Writes what signal handlers left behind. */
void guard_drain(struct self *self);

/* Forgets what is remembered by addresses and may be gone; for an event's thread. */
void guard_catch_up(struct self *self);

/* What is volatile for signal handlers' sake, where a fence stands before: without an instruction of its own. */
PT_INLINE uint32_t self_peek(const volatile uint32_t *what)
{
	return *(const uint32_t *)what;
}

PT_INLINE bool self_is_busy(const struct self *self)
{
	return self->busy > SELF_STALE;
}

/* Is an allocator at work, above malloc or behind ours? */
PT_INLINE bool self_in_allocator(const struct self *self)
{
	return self->busy == SELF_IN_ALLOCATOR || self->busy == SELF_IN_NEXT;
}

PT_INLINE void self_set_idle(struct self *self)
{
	self->busy = self->generation;
}

/* NULL: nothing is to be recorded now.  `frame`: __builtin_frame_address(0) of the caller; `as`: SELF_IN_HOOK,
 * SELF_IN_NEXT or SELF_IN_ALLOCATOR. */
PT_INLINE struct self *guard_enter_as(const void *frame, enum self_busy as)
{
	struct self *self = self_tls;
	if (unlikely(!self || self_peek(&self->busy) != self_peek(&process->generation))) {
		self = guard_enter_slow(frame);
		if (!self)
			return NULL;
	}
	self->busy_sp = (uintptr_t)frame;
	self->busy = as;
	pt_signal_fence();
	return self;
}

PT_INLINE struct self *guard_enter(const void *frame)
{
	return guard_enter_as(frame, SELF_IN_HOOK);
}

PT_INLINE void guard_leave(struct self *self)
{
	pt_signal_fence();
	self_set_idle(self);
	pt_signal_fence();
	if (unlikely(self_peek(&self->n_pending)))
		guard_drain(self);
}

#endif
