/*
 * Which stack an event gets: Python's, the native one, or both merged, as the user chose.
 */
#ifndef PT_PYTHON_STACKS_H
#define PT_PYTHON_STACKS_H

#include "unwind/unwind.h"
#include "interpreter_state.h"

enum stacks_mode {
	STACKS_MIXED, /* merged for what goes to malloc directly, Python's for CPython's own allocators */
	STACKS_MERGED,
	STACKS_PYTHON,
	STACKS_NATIVE,
};
extern enum stacks_mode stacks_mode;

/* The domains (1 << enum ptf_domain) whose stacks have native frames. */
extern uint32_t stacks_native_in;

/* Reads POOLTRACE_STACKS. */
void stacks_choose(void);

#endif
