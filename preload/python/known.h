/*
 * The Python stacks that a thread took lately, each as the frames that must be where they were, at the
 * places in their code where they were, for it to be the stack again.
 *
 * A program allocates from few places at a time.  To compare a stack with one that is known costs a
 * third of walking it: no frame is looked up, nothing is hashed, the table of all stacks is not asked.
 * Frames are compared from the leaf on along the interpreter's own chain, so nothing is read that a
 * walk would not read.
 *
 * Cost: 2 ns and 0.6 ns a frame (8 instructions).  Memory: 46 KiB a thread that runs Python.
 */
#ifndef PT_PYTHON_KNOWN_H
#define PT_PYTHON_KNOWN_H

#include "frames.h"
#include "owner.h"

#define KNOWN_STACKS 64u /* in KNOWN_PLACES by hash */
#define KNOWN_MERGED 4u  /* one place in a program allocates from some in the interpreter */
#define KNOWN_FRAMES 33u /* deeper stacks are walked */

/* What each event needs is in one line of the cache, and a quarter of one for each frame. */
struct known_stack {
	uint32_t stack;          /* id of the Python frames alone, 0: it was not asked for yet */
	bool has_python;         /* it has Python functions */
	const void *self_at;     /* the first local variable of walked.method_frame */
	struct owner_type owner; /* in whose method the last allocation was */
	struct type_guess built[TYPES_BUILT]; /* the last objects that were made here */
	struct known_frame {
		const void *frame;
		uint64_t key;
	} at[KNOWN_FRAMES +
	     1]; /* leaf first, the interpreter's own among them; frame NULL: the end */
	struct py_frames walked;
	struct known_merged { /* with these native frames, see unwind_hash(), */
		uint64_t native;
		uint32_t stack; /* they are this one; 0: none */
	} merged[KNOWN_MERGED];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct known_stack, at) == 64, "a line");

/* Where nothing is known: no frame is there. */
#define KNOWN_NO_FRAME ((const void *)1)

#define KNOWN_BITS 8u
_Static_assert(KNOWN_PLACES == 1u << KNOWN_BITS, "a place for each value of the hash's bits");

/* The upper bits give the place where a stack is looked for first, the next ones the other. */
PT_INLINE uint64_t known_hash(const void *frame, uint64_t key)
{
	return (key ^ (uint64_t)frame << 16) * 0x9E3779B97F4A7C15ull;
}

PT_INLINE struct known_stack **known_place(struct py_thread *t, uint64_t hash)
{
	return &t->known_at[hash >> (64 - KNOWN_BITS)];
}

void known_forget(struct py_thread *t);

/* The key of this frame, which is not NULL. */
PT_INLINE uint64_t known_key(const void *frame, bool by_constants)
{
	return by_constants ? load64(frame, FRAME_INSTR) : frame_key(python.layout, frame);
}

/* Is this the stack of this frame, whose key is `key`?  Four frames a round, without a jump that is taken:
 * these take the interpreter's place in what the processor remembers to predict the next ones. */
PT_INLINE bool known_holds(const struct known_stack *k, const void *frame, uint64_t key,
                           bool by_constants)
{
	enum { A_ROUND = 4 };
	const size_t previous = python.frame_previous;
	const struct known_frame *at = k->at;
	if (unlikely(frame != at->frame || key != at->key))
		return false;
	if (unlikely(!frame))
		return true;
	for (at++;; at += A_ROUND)
#pragma GCC unroll 4
		for (unsigned i = 0; i < A_ROUND; i++) {
			frame = load_pointer(frame, previous);
			if (unlikely(frame != at[i].frame))
				return false;
			if (unlikely(!frame))
				return true;
			if (unlikely(known_key(frame, by_constants) != at[i].key))
				return false;
		}
}

/* The stack of this frame, which is not at the first place of its hash, or of none (NULL): the one at the other
 * place, or walked. */
struct known_stack *known_other(struct py_thread *t, const void *thread_state, const void *frame,
                                uint64_t key);

PT_INLINE struct known_stack *known_of_frame(struct py_thread *t, const void *thread_state,
                                             const void *frame, bool by_constants)
{
	if (unlikely(!frame))
		return known_other(t, thread_state, frame, 0);
	uint64_t key = known_key(frame, by_constants);
	struct known_stack *k = *known_place(t, known_hash(frame, key));
	return likely(known_holds(k, frame, key, by_constants))
	               ? k
	               : known_other(t, thread_state, frame, key);
}

/* FRAMES_OTHER. */
struct known_stack *known_by_layout(struct py_thread *t, const void *thread_state);

/* Where the stack is, if it is known, that these frames and native ones are. */
PT_INLINE struct known_merged *known_merged_at(struct known_stack *k, uint64_t native)
{
	return &k->merged[native % KNOWN_MERGED];
}

/* This thread's stack, walked if it is not a known one; valid until the next. */
PT_INLINE struct known_stack *known_stack(struct py_thread *t, const void *thread_state)
{
	const void *frame = load_pointer(thread_state, TSTATE_FRAME);
	if (unlikely(python.frames != FRAMES_DIRECT)) {
		if (python.frames != FRAMES_IN_CFRAME)
			return known_by_layout(t, thread_state);
		frame = frame_in_cframe(load_pointer(thread_state, TSTATE_CFRAME));
	}
	return known_of_frame(t, thread_state, frame, true);
}

#endif
