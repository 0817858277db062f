/*
 * Allocations held back until their object has its header.
 *
 * CPython writes the type pointer right after the allocator returns.  So the record of an object
 * block waits in its thread until the thread's next event, and then carries the class.  The wait
 * crosses a release of the GIL at times, and then another thread may free the block before its
 * maker's next event.  Hence the rule: who takes the GIL over (its first event after somebody else's)
 * reads the header for the thread that had it before, while the block cannot have been freed yet.
 *
 *     A: allocates X, releases the GIL | B: event: X's class is read, then X freed | A: event: writes X
 *
 * A thread that must settle without the GIL (a plain malloc, its end) reads a copy that the kernel
 * makes, which cannot fault.
 */
#ifndef PT_PYTHON_HELD_H
#define PT_PYTHON_HELD_H

#include "../hook.h"
#include "../stream.h"
#include "state.h"

/* Who had the GIL of an interpreter at its last event. */
struct gil_turn {
	const void *interpreter;
	struct py_thread *last;
};

/* It was this thread that had the GIL last, so nobody else's block needs a look. */
PT_INLINE bool held_has_turn(const struct py_thread *t)
{
	return t->turn && t->turn->last == t;
}

void held_change_turn(struct py_thread *t, const void *interpreter);

/* The thread has the GIL of thread_state's interpreter. */
PT_INLINE void held_take_turn(struct py_thread *t, const void *thread_state)
{
	const void *interpreter = load_pointer(thread_state, TSTATE_INTERP);
	if (unlikely(!held_has_turn(t) || t->turn->interpreter != interpreter))
		held_change_turn(t, interpreter);
}

/* Writes the held allocation, if there is one.  `has_gil`: of the interpreter of t->turn. */
void held_settle(struct self *self, struct py_thread *t, bool has_gil);

/* Holds back an allocation (the one before is settled). */
PT_INLINE void held_keep(struct self *self, struct py_thread *t, uint32_t stack, hook_what what,
                         uint64_t address, uint64_t size_bytes, uint64_t time, uint64_t owner)
{
	struct held *h = &t->held;
	h->class_id = 0;
	h->address = address;
	h->size_bytes = size_bytes;
	h->time = time;
	h->owner = owner;
	h->stack = stack;
	h->what = what;
	h->state = HELD_WAITING;
	self->held = true;
}

/* Writes an allocation, and before it in whose method it happens.  All in registers: what is stored in
 * halves and read as a whole waits for the stores. */
void held_put(struct self *self, uint64_t who, hook_what what, uint64_t address,
              uint64_t size_bytes, uint64_t time, uint64_t owner);

/* A collection has ended in this thread. */
void held_look_after_collection(struct py_thread *t);

/* While t->unsure.looks: looks again at blocks that held no object when a collection began. */
void held_look_again(struct self *self, struct py_thread *t);

PT_INLINE uint64_t unsure_bit(uint64_t block)
{
	return 1ull << (block >> 4 & 63);
}

void held_freed_slow(struct unsure *u, uint64_t block);

/* An object block is freed. */
PT_INLINE void held_freed(struct py_thread *t, const void *block)
{
	if (unlikely(t->unsure.filter & unsure_bit((uint64_t)block)))
		held_freed_slow(&t->unsure, (uint64_t)block);
}

void held_forget(struct py_thread *t);
void held_forget_turns(void);

#endif
