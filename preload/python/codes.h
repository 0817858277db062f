/*
 * Python frames' numbers: (code object, place in it) -> frame id of the trace.
 *
 * Each thread keeps the places it has seen lately in a table by address (struct code_site), so that a
 * known frame costs one load and one compare.  Code objects die and their addresses are used again at
 * once: a known one is watched, and its free empties those tables (python.deaths).
 */
#ifndef PT_PYTHON_CODES_H
#define PT_PYTHON_CODES_H

#include "interpreter_state.h"

enum site_trait {
	SITE_METHOD = 1, /* the first argument is called self */
	SITE_SHIM = 2,   /* no Python code: below a specialised constructor */
};

struct code_site {
	uint64_t key;    /* names the place: see frames.c */
	uint32_t frame;  /* FRAME_IS_ID | frame id */
	uint32_t traits; /* enum site_trait */
};

#define CODE_SITES 4096u

/* What is at `offset` (bytes) of the code object.  It must be alive: the code of a running frame. */
struct code_site codes_site(const void *code, int offset);

/* The code object in this block was freed. */
void codes_drop(const void *code);

/* A code object's names, for counts that are no stacks: string id of its qualified name. */
uint32_t codes_function_name(const void *code);

/* In a forked child. */
bool codes_forget_ids(void);

#endif
