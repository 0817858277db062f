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
#ifndef PT_PYTHON_PY_STACK_CACHE_H
#define PT_PYTHON_PY_STACK_CACHE_H

#include "frames.h"
#include "receiver.h"

#define PY_STACK_CACHE_STACKS 64u /* in PY_STACK_CACHE_PLACES by hash */
#define PY_STACK_CACHE_MERGED 4u /* one place in a program allocates from some in the interpreter */
#define PY_STACK_CACHE_FRAMES 33u /* deeper stacks are walked */

/* What each event needs is in one line of the cache, and a quarter of one for each frame. */
struct py_stack_cache_stack {
	uint32_t stack;             /* id of the Python frames alone, 0: it was not asked for yet */
	bool has_python;            /* it has Python functions */
	const void *self_at;        /* the first local variable of walked.method_frame */
	struct receiver_type owner; /* in whose method the last allocation was */
	struct type_guess built[TYPES_BUILT]; /* the last objects that were made here */
	struct py_stack_cache_frame {
		const void *frame;
		uint64_t key;
	} at[PY_STACK_CACHE_FRAMES +
	     1]; /* leaf first, the interpreter's own among them; frame NULL: the end */
	struct py_frames walked;
	struct py_stack_cache_merged { /* with these native frames, see unwind_hash(), */
		uint64_t native;
		uint32_t stack; /* they are this one; 0: none */
	} merged[PY_STACK_CACHE_MERGED];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct py_stack_cache_stack, at) == 64, "a line");

/* Where nothing is known: no frame is there. */
#define PY_STACK_CACHE_NO_FRAME ((const void *)1)

#define PY_STACK_CACHE_BITS 8u
_Static_assert(PY_STACK_CACHE_PLACES == 1u << PY_STACK_CACHE_BITS,
               "a place for each value of the hash's bits");

/* The upper bits give the place where a stack is looked for first, the next ones the other. */
PT_INLINE uint64_t py_stack_cache_hash(const void *frame, uint64_t key)
{
	return (key ^ (uint64_t)frame << 16) * 0x9E3779B97F4A7C15ull;
}

PT_INLINE struct py_stack_cache_stack **py_stack_cache_place(struct py_thread *t, uint64_t hash)
{
	return &t->py_stack_cache_at[hash >> (64 - PY_STACK_CACHE_BITS)];
}

void py_stack_cache_forget(struct py_thread *t);

/* The key of this frame, which is not NULL. */
PT_INLINE uint64_t py_stack_cache_key(const void *frame, bool by_constants)
{
	return by_constants ? load64(frame, FRAME_INSTR) : frame_key(python.layout, frame);
}

/* Is this the stack of this frame, whose key is `key`?  Four frames a round, without a jump that is taken:
 * these take the interpreter's place in what the processor remembers to predict the next ones. */
PT_INLINE bool py_stack_cache_holds(const struct py_stack_cache_stack *k, const void *frame,
                                    uint64_t key, bool by_constants)
{
	enum { A_ROUND = 4 };
	const size_t previous = python.frame_previous;
	const struct py_stack_cache_frame *at = k->at;
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
			if (unlikely(py_stack_cache_key(frame, by_constants) != at[i].key))
				return false;
		}
}

/* The stack of this frame, which is not at the first place of its hash, or of none (NULL): the one at the other
 * place, or walked. */
struct py_stack_cache_stack *py_stack_cache_find_slow(struct py_thread *t, const void *thread_state,
                                                      const void *frame, uint64_t key);

PT_INLINE struct py_stack_cache_stack *py_stack_cache_of_frame(struct py_thread *t,
                                                               const void *thread_state,
                                                               const void *frame, bool by_constants)
{
	if (unlikely(!frame))
		return py_stack_cache_find_slow(t, thread_state, frame, 0);
	uint64_t key = py_stack_cache_key(frame, by_constants);
	struct py_stack_cache_stack *k = *py_stack_cache_place(t, py_stack_cache_hash(frame, key));
	return likely(py_stack_cache_holds(k, frame, key, by_constants))
	               ? k
	               : py_stack_cache_find_slow(t, thread_state, frame, key);
}

/* FRAMES_OTHER. */
struct py_stack_cache_stack *py_stack_cache_by_layout(struct py_thread *t,
                                                      const void *thread_state);

/* Where the stack is, if it is known, that these frames and native ones are. */
PT_INLINE struct py_stack_cache_merged *py_stack_cache_merged_at(struct py_stack_cache_stack *k,
                                                                 uint64_t native)
{
	return &k->merged[native % PY_STACK_CACHE_MERGED];
}

/* This thread's stack, walked if it is not a known one; valid until the next. */
PT_INLINE struct py_stack_cache_stack *py_stack_cache_stack(struct py_thread *t,
                                                            const void *thread_state)
{
	const void *frame = load_pointer(thread_state, TSTATE_FRAME);
	if (unlikely(python.frames != FRAMES_DIRECT)) {
		if (python.frames != FRAMES_IN_CFRAME)
			return py_stack_cache_by_layout(t, thread_state);
		frame = frame_in_cframe(load_pointer(thread_state, TSTATE_CFRAME));
	}
	return py_stack_cache_of_frame(t, thread_state, frame, true);
}

#endif
