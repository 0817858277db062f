/*
 * What the rest of the recorder sees of CPython.
 *
 * A process without an interpreter pays one test of python_alert a call.  Life and hooks are in
 * start.c and allocators.c; what Python code allocates through CPython's own allocators is recorded
 * there.  Allocations that go to malloc directly come by the functions below, so that they too carry
 * the Python stack.
 */
#ifndef PT_PYTHON_PYTHON_H
#define PT_PYTHON_PYTHON_H

#include "write/event_writer.h"

enum python_alert {
	PYTHON_POLL = 1,  /* something to look after, outside hooks: python_poll() */
	PYTHON_READS = 2, /* an interpreter runs whose frames can be read */
};

extern volatile uint8_t python_alert;

/* Looks for interpreters among the modules.  Constructor only. */
void python_init(void);

/* Call from an allocator outside any hook while python_alert has PYTHON_POLL. */
void python_poll(void);

/* A module was seen for the first time, by a thread that runs in it (it cannot go away): says in
 * m->is_python whether it is a libpython. */
struct module;
void python_module_seen(struct module *m);

/* The class of the thread's last allocation is settled: before any other record of its stream. */
void python_settle_slow(struct self *self);

PT_INLINE void python_settle(struct self *self)
{
	if (unlikely(self->due & DUE_CLASS))
		python_settle_slow(self);
}

/* What the thread remembers by addresses of objects that are gone. */
void python_forget_dead(struct self *self);

/* While python_alert has PYTHON_READS.  Each settles: */

/* Gives an allocation its stack and time, and writes it. */
void python_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                      uint64_t size_bytes, uint32_t what);

/* Stack of a release: its caller, or for a sample the whole stack. */
uint32_t python_free_stack(struct self *self, const struct frame_start *start);

/* Whole stack of something else. */
uint32_t python_stack(struct self *self, const struct frame_start *start);

/* The process ends in an orderly way. */
void python_end(void);

/* The process ends by _exit(), called from `caller`: what the interpreter holds is written, if it was one of its
 * functions that called. */
void python_leaves(const void *caller);

/* Writes into a forked child's trace what the parent's says of the interpreter. */
void python_describe(void);

/* In a forked child.  True: another thread was changing our tables; they must not be used. */
bool python_forget(void);

#endif
