/*
 * How instances of costly classes live: what building one takes, and how they are used after that.
 * Shared by the detectors about pools.
 *
 * Building cost is in class_stats; the rest is counted in the pass that all detectors share (event_pass.h).
 */
#ifndef DETECT_PYTHON_COSTLY_CLASS_H
#define DETECT_PYTHON_COSTLY_CLASS_H

#include "building_cost.h"

/* One costly class of the program. */
struct py_life {
	struct py_class class;
	double ctor_events, ctor_bytes; /* a construction, mean */
	double ctor_objects;            /* the same: events of Python's own allocators */
	struct building_cost cost;
	double median_low_ns,
		median_high_ns; /* by events; a preempted one or two do not make it costly */
	double alike_share;     /* of the constructions: those that allocate what others do */
	uint64_t n_threads;     /* that build a real part of them */
	uint64_t n_uses;        /* allocations under methods of instances after building */
	double survivors;       /* largest live share of those built, just after a collection */
	double mean_life_share; /* of the time in which there were instances */
	const struct trace_code *
		set_up_in; /* setup.h: where most is done for an instance; NULL: in its constructor */
};

struct costly_classes {
	struct py_life *life;
	uint32_t n;
	struct census *census;   /* of struct py_heap */
	struct lives_pass *pass; /* while it is watched */
};

/* Options that say what a costly constructor is; the detector `pool` owns them. */
#define COSTLY_CLASS_OPTIONS                                                            \
	{"pool_min_ctor_events", 50,                                                    \
	 "allocations of a constructor that make it costly by themselves"},             \
		{"pool_min_ctor_us", 200, "microseconds in it that do"},                \
		{"pool_min_call_us", 100,                                               \
	         "microseconds of a timed call, recording taken off, for a pool"},      \
		{"pool_min_shared_us", 20, "the same for one instance that is shared"}, \
		{"pool_min_ctor_bytes", 2048,                                           \
	         "bytes that do, together with pool_min_ctor_some_events"},             \
	{                                                                               \
		"pool_min_ctor_some_events", 8,                                         \
			"allocations needed beside bytes or the upper bound of time"    \
	}

/* The costly classes, from the model; n_uses and survivors are filled in by the observer of a pass, which
 * costly_class_watched() ends.  costly_class_watch() returns how many observers it wants: 0 or 1. */
void costly_class_init(struct costly_classes *l, const struct model *m, const struct detect *d,
                       struct census *census);
uint32_t costly_class_watch(struct costly_classes *l, const struct model *m, const struct detect *d,
                            struct model_observer *out);
void costly_class_watched(struct costly_classes *l);
void costly_class_release(struct costly_classes *l);

/* What the model says of one class. */
struct py_life costly_life_of(const struct model *m, const struct py_class *k);

/* Few, long-lived, and used again and again: pooled, whoever does it. */
bool costly_life_may_be_pooled(const struct py_life *l,
                               const struct detect *d); /* before watching */
bool costly_life_is_pooled(const struct py_life *l, const struct detect *d);
/* How many would be needed at the same time. */
uint64_t costly_life_needed(const struct py_life *l, const struct detect *d);
/* Frees whose recorded stack has a frame of the class's close() or the like. */
uint64_t costly_life_closing_frees(const struct model *m, const struct py_life *l);
bool costly_life_stack_closes(const struct model *m, const struct py_life *l, uint32_t stack);

#endif
