/*
 * Which stack an event gets: Python's, the native one, or both merged, as the user chose.
 */
#ifndef PT_PYTHON_STACKS_H
#define PT_PYTHON_STACKS_H

#include "../unwind.h"
#include "state.h"

enum stacks_mode {
	STACKS_MIXED, /* merged for what goes to malloc directly, Python's for CPython's own allocators */
	STACKS_MERGED,
	STACKS_PYTHON,
	STACKS_NATIVE,
};
extern enum stacks_mode stacks_mode;

/* Reads POOLTRACE_STACKS. */
void stacks_choose(void);

/*
 * At an allocation in a domain (enum ptf_domain): settles what was held back, and finds stack and owner.  NULL, and a native
 * stack, where no Python can be read.
 */
struct py_thread *stacks_event(struct self *self, const struct frame_start *start, uint8_t domain,
                               uint32_t *stack, uint64_t *owner);

/* Stack of a release in the interpreter's MEM and OBJ domains, which need the GIL.  Settles. */
uint32_t stacks_free_object(struct self *self, const struct frame_start *start);

/* The same in the RAW domain, which needs none. */
uint32_t stacks_free_raw(struct self *self, const struct frame_start *start);

#endif
