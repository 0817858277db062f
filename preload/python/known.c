/* See known.h. */
#include "known.h"

static void known_drop(struct known_stack *k)
{
	k->at[0].frame = KNOWN_NONE;
}

static void known_keep(const struct layout *l, struct known_stack *k, const void *frame)
{
	bool is_pointer = l->instr_kind == INSTR_POINTER;
	k->stack = 0;
	__builtin_memset(k->merged, 0, sizeof k->merged);
	k->has_python = k->walked.n_python;
	k->self_at = k->walked.method_frame ? (const char *)k->walked.method_frame + l->frame_locals
	                                    : NULL;
	unsigned n = 0;
	for (; frame && n < KNOWN_FRAMES; n++) {
		k->at[n].key = frame_key(l, frame, is_pointer);
		k->at[n].frame = frame;
		frame = load_pointer(frame, l->frame_previous);
	}
	k->at[n].frame = NULL;
	if (frame)
		known_drop(k);
}

/* Walks, and keeps the stack of this frame at k. */
static void known_walk(struct py_thread *t, const void *thread_state, struct known_stack *k,
                       const void *frame)
{
	known_drop(k); /* first, for a handler that leaves this hook for good */
	pt_signal_fence();
	frames_walk(t, thread_state, &k->walked);
	known_keep(python.layout, k, frame);
	t->walked = k;
}

static struct known_stack *known_second(struct py_thread *t, const void *frame, uint64_t key)
{
	return &t->known[known_hash(frame, key) << KNOWN_BITS >> (64 - KNOWN_BITS)];
}

/* What is in the way is looked for at its second place from now on. */
static void known_move(struct py_thread *t, const struct known_stack *k)
{
	if (!k->at[0].frame || k->at[0].frame == KNOWN_NONE)
		return;
	struct known_stack *second = known_second(t, k->at[0].frame, k->at[0].key);
	if (second != k)
		*second = *k;
}

PT_HOT struct known_stack *known_other(struct py_thread *t, const void *thread_state,
                                       struct known_stack *first, const void *frame)
{
	const struct layout *l = python.layout;
	bool is_pointer = l->instr_kind == INSTR_POINTER;
	struct known_stack *second = known_second(t, frame,
	                                          frame ? frame_key(l, frame, is_pointer) : 0);
	if (known_holds(l, second, frame, is_pointer))
		return second;
	known_move(t, first);
	known_walk(t, thread_state, first, frame);
	return first;
}
