/*
 * The Python stacks that a thread took lately, each as the frames that must be where they were, at the
 * places in their code where they were, for it to be the stack again.
 *
 * A program allocates from few places at a time.  To compare a stack with one that is known costs a
 * third of walking it: no frame is looked up, nothing is hashed, the table of all stacks is not asked.
 * Frames are compared from the leaf on along the interpreter's own chain, so nothing is read that a
 * walk would not read.
 *
 * Cost: 2 ns and 0.7 ns a frame.  Memory: 7 KiB a thread that runs Python.
 */
#ifndef PT_PYTHON_KNOWN_H
#define PT_PYTHON_KNOWN_H

#include "frames.h"

#define KNOWN_STACKS 32u
#define KNOWN_FRAMES 12u /* deeper stacks are walked */

struct known_stack {
	uint32_t n;     /* frames, the interpreter's own among them; 0: none is known here */
	uint32_t stack; /* id */
	const void *method_frame; /* as in struct py_frames */
	struct {
		const void *frame;
		uint64_t key;
	} at[KNOWN_FRAMES];
};

/* Id of this thread's stack of Python frames, 0: it is not a known one.  *method_frame: see above. */
uint32_t known_find(struct py_thread *t, const void *thread_state, const void **method_frame);

/* That is the id of the stack that was walked just now. */
void known_keep(struct py_thread *t, const void *thread_state, const struct py_frames *p,
                uint32_t stack);

#endif
