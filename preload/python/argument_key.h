/*
 * Are two instances built from the same arguments?  A hash of plain values (numbers, strings, bytes, tuples of
 * them), and the addresses of other objects, which the reader knows as blocks.  No code of the program is called.
 */
#ifndef PT_PYTHON_ARGUMENT_KEY_H
#define PT_PYTHON_ARGUMENT_KEY_H

#include "interpreter_state.h"

#define ARGUMENT_OBJECTS 4u

struct argument_key {
	uint32_t hash;
	uint32_t n_objects;
	uint64_t object
		[ARGUMENT_OBJECTS]; /* addresses of objects that have no plain value; the first few */
};

void argument_key_add(struct argument_key *k, const void *object);
/* The arguments of a call: a tuple, and a dict or NULL. */
void argument_key_of_call(struct argument_key *k, void *arguments, void *keywords);

#endif
