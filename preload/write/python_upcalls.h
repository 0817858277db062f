/*
 * What the rest of the recorder sees of CPython: a table of upcalls, which the Python half (python/) registers.
 * Nothing outside of it calls it by name, and a recorder without it would be whole.
 *
 * A process without an interpreter pays one test of python_alert a call.  What Python code allocates through
 * CPython's own allocators is recorded in python/allocators.c; allocations that go to malloc directly come by
 * the upcalls, so that they too carry the Python stack.
 */
#ifndef PT_PYTHON_UPCALLS_H
#define PT_PYTHON_UPCALLS_H

#include "write/event_writer.h"

enum python_alert {
	PYTHON_POLL = 1,  /* something to look after, outside hooks: python_poll() */
	PYTHON_READS = 2, /* an interpreter runs whose frames can be read */
};

extern volatile uint8_t python_alert;

struct module;

struct python_upcalls {
	/* Looks for interpreters among the modules.  Constructor only. */
	void (*init)(void);

	/* Looks after the interpreter: from an allocator, outside any hook, while python_alert has PYTHON_POLL. */
	void (*poll)(void);

	/* A module was seen for the first time, by a thread that runs in it (it cannot go away): says in
	 * m->is_python whether it is a libpython. */
	void (*module_seen)(struct module *m);

	/* Settles the class of the thread's last allocation, before any other record of its stream. */
	void (*settle)(struct self *self);

	/* Forgets what the thread remembers by addresses of freed objects. */
	void (*forget_dead)(struct self *self);

	/* While python_alert has PYTHON_READS; each settles first.  put_alloc: gives an allocation its stack and
	 * time, and writes it.  free_stack: stack of a release, its caller or for a sample the whole stack.
	 * stack: whole stack of something else. */
	void (*put_alloc)(struct self *self, const struct frame_start *start, uint64_t address,
	                  uint64_t size_bytes, uint32_t what);
	uint32_t (*free_stack)(struct self *self, const struct frame_start *start);
	uint32_t (*stack)(struct self *self, const struct frame_start *start);

	/* The process ends in an orderly way. */
	void (*end)(void);

	/* The process ends by _exit(), called from `caller`: what the interpreter holds is written, if it was one
	 * of its functions that called. */
	void (*leaves)(const void *caller);

	/* Writes into a forked child's trace what the parent's says of the interpreter. */
	void (*describe)(void);

	/* In a forked child.  True: another thread was changing our tables; they must not be used. */
	bool (*forget)(void);
};

/* Never NULL: before the registration its functions do nothing. */
extern const struct python_upcalls *python_upcalls;

PT_INLINE void python_settle(struct self *self)
{
	if (unlikely(self->due & DUE_CLASS))
		python_upcalls->settle(self);
}

#endif
