/*
 * How long it takes to build an instance: the call of a class, from its beginning to its return.
 *
 * type.__call__ is a slot, PyType_Type.tp_call, that metaclasses inherit.  It is replaced by a function
 * that reads the clock before and after the original.  A call that takes long gives a record
 * (PTF_E_CONSTRUCTED) with both times, the CPU time of the thread in it and a key of its arguments.
 * From 3.13 on the interpreter calls the __init__ of some classes without that slot; those of slow classes
 * are then observed by sys.monitoring (init_monitoring.h).
 *
 * Cost: two readings of the clock a call of a class; 0.5 us for the CPU time, of classes that were slow before.
 */
#ifndef PT_PYTHON_CONSTRUCTOR_CALLS_H
#define PT_PYTHON_CONSTRUCTOR_CALLS_H

#include "types.h"

struct call_time {
	uint64_t ticks;
	uint64_t cpu_ns;  /* of this thread; 0: not asked for */
	uint64_t n_waits; /* so far: how often this thread gave the processor away */
};

/* With the GIL, untracked: from now on calls of classes are timed. */
void constructor_calls_watch(void);

/* A metaclass has its first class: it inherited the slot as it was before. */
void constructor_calls_meet_metaclass(const void *metaclass);

/* The time now, with the CPU time when it is wanted. */
struct call_time constructor_call_begins(bool with_cpu);

/* Shorter than what is worth a record? */
bool constructor_call_is_short(uint64_t ticks);

/* Records that `object`, of this type, was built since `start` from arguments with this key. */
struct argument_key;
void constructor_call_record(struct self *self, const struct type_info *info, const void *object,
                             const struct call_time *start, const struct argument_key *key);

#endif
