/*
 * The Python stacks that a thread took lately, each as the frames that must be where they were, at the
 * places in their code where they were, for it to be the stack again.
 *
 * A program allocates from few places at a time.  To compare a stack with one that is known costs a
 * third of walking it: no frame is looked up, nothing is hashed, the table of all stacks is not asked.
 * Frames are compared from the leaf on along the interpreter's own chain, so nothing is read that a
 * walk would not read.
 *
 * Cost: 2 ns and 0.7 ns a frame.  Memory: 17 KiB a thread that runs Python.
 */
#ifndef PT_PYTHON_KNOWN_H
#define PT_PYTHON_KNOWN_H

#include "frames.h"

#define KNOWN_STACKS 32u
#define KNOWN_FRAMES 30u /* deeper stacks are walked */

struct known_stack {
	uint32_t n;           /* frames, the interpreter's own among them; 0: none is known here */
	uint32_t stack;       /* id of the Python frames alone, 0: it was not asked for yet */
	bool fresh;           /* it was walked just now: t->frames has it */
	uint32_t merged;      /* id of the last stack that they were part of, 0: none yet */
	uint64_t native_hash; /* ... with these native frames, see unwind_hash() */
	struct py_frames walked;
	struct known_frame {
		const void *frame;
		uint64_t key;
	} at[KNOWN_FRAMES];
};

void known_forget(struct py_thread *t, uint32_t epoch);

PT_INLINE struct known_stack *known_slot(struct py_thread *t, const void *frame, uint64_t key)
{
	uint32_t epoch = __atomic_load_n(&python.codes_epoch, __ATOMIC_ACQUIRE);
	if (unlikely(t->known_epoch != epoch))
		known_forget(t, epoch);
	return &t->known[(key ^ (uint64_t)frame << 16) * 0x9E3779B97F4A7C15ull >> 59];
}
_Static_assert(KNOWN_STACKS == 1u << (64 - 59), "the hash has as many bits as there are stacks");

PT_INLINE bool known_holds(const struct layout *l, const struct known_stack *k, const void *frame)
{
	const size_t instr = l->frame_instr, previous = l->frame_previous; /* in registers */
	const bool is_pointer = l->instr_kind == INSTR_POINTER;
	const struct known_frame *end = k->at + k->n;
	for (const struct known_frame *at = k->at; at != end; at++) {
		if (frame != at->frame ||
		    (likely(is_pointer) ? load64(frame, instr) : frame_key(l, frame)) != at->key)
			return false;
		frame = load_pointer(frame, previous);
	}
	return !frame && k->n;
}

/* Walks, and keeps the stack of this frame at k. */
void known_walk(struct py_thread *t, const void *thread_state, struct known_stack *k,
                const void *frame);

/* This thread's stack, walked if it is not a known one; valid until the next. */
PT_INLINE struct known_stack *known_stack(struct py_thread *t, const void *thread_state)
{
	const struct layout *l = python.layout;
	const void *frame = frames_current(thread_state);
	struct known_stack *k = known_slot(t, frame, frame ? frame_key(l, frame) : 0);
	k->fresh = !known_holds(l, k, frame);
	if (unlikely(k->fresh))
		known_walk(t, thread_state, k, frame);
	return k;
}

#endif
