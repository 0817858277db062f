/*
 * The Python frames of this thread's stack, read from the interpreter's own chain, and their merging
 * into the native stack: where the interpreter loop runs stand the Python functions that it runs.
 *
 * One run of Python frames belongs to one native frame of the loop (before 3.11 each run is a single
 * frame).  The chain of the own thread is stable whenever this thread is in a hook, also while
 * another holds the GIL.
 */
#ifndef PT_PYTHON_FRAMES_H
#define PT_PYTHON_FRAMES_H

#include "unwind/unwind.h"
#include "interpreter_state.h"

struct py_frames {
	uint32_t n;
	uint32_t n_python;        /* of them Python functions; the others are empty runs */
	bool cut;                 /* deeper than PTF_MAX_FRAMES: the middle is left out */
	uint64_t hash;            /* of all */
	const void *method_frame; /* innermost frame of a method, NULL: none */
};

/* Set in an element of py_thread.frames: the interpreter loop was entered here. */
#define FRAME_ENTRY (1u << 30)
#define FRAME_NUMBER(element) ((element) & ~FRAME_ENTRY)

/* This thread's state in the interpreter whose GIL it holds, NULL: it has none. */
PT_INLINE const void *frames_thread_state(void)
{
	const void *state = python.api.current_thread_state();
	/* Up to 3.11 this is the state of whoever has it. */
	return likely(state && load64(state, python.layout->tstate_thread_id) ==
	                               (uint64_t)__builtin_thread_pointer())
	               ? state
	               : NULL;
}

/* FRAMES_IN_CFRAME: the frame that this cframe names. */
PT_INLINE const void *frame_in_cframe(const void *cframe)
{
	return cframe ? load_pointer(cframe, (size_t)python.layout->cframe_frame) : NULL;
}

/* The frame that runs now, NULL: none. */
PT_INLINE const void *frames_current(const void *thread_state)
{
	const struct layout *l = python.layout;
	const void *frame = load_pointer(thread_state, l->tstate_frame);
	return l->cframe_frame >= 0 ? frame_in_cframe(frame) : frame;
}

/* The place in the code: the address of the instruction, or before 3.11 what is as unique. */
PT_INLINE uint64_t frame_key(const struct layout *l, const void *frame)
{
	if (likely(l->instr_kind == INSTR_POINTER))
		return load64(frame, l->frame_instr);
	return load64(frame, l->frame_code) ^ (uint64_t)load32(frame, l->frame_instr) << 47;
}

/* Fills t->frames, leaf first. */
void frames_walk(struct py_thread *t, const void *thread_state, struct py_frames *out);

/* Stack id of the Python frames alone. */
uint32_t frames_intern(struct py_thread *t, const struct py_frames *python_frames);

/* Stack id of both; `native` is complete with its hash. */
uint32_t frames_intern_merged(struct py_thread *t, const struct py_frames *python_frames,
                              const struct unwound *native);

/* The same of a stack that is in the trace already, else 0: by hashes alone. */
uint32_t frames_find_merged(const struct py_frames *python_frames, uint64_t native_hash,
                            unsigned native_flags);

/* Code object and instruction offset (bytes) of a frame. */
const void *frames_code(const void *frame, int *offset);

/* The frame below, NULL: none; skips what holds no Python code. */
const void *frames_below(const void *frame);

/* Is this frame one of the interpreter's own, without Python code? */
bool frames_is_internal(const void *frame);

#endif
