/* See known.h. */
#include "known.h"

PT_COLD void known_forget(struct py_thread *t, uint32_t epoch)
{
	__builtin_memset(t->known, 0, KNOWN_STACKS * sizeof t->known[0]);
	t->known_epoch = epoch;
}

static void known_keep(const struct layout *l, struct known_stack *k, const void *frame)
{
	k->stack = k->merged = 0;
	k->n = 0;
	k->has_python = k->walked.n_python;
	k->method_frame = k->walked.method_frame;
	if (k->walked.n > KNOWN_FRAMES)
		return;
	for (; frame && k->n < KNOWN_FRAMES; k->n++) {
		k->at[k->n].frame = frame;
		k->at[k->n].key = frame_key(l, frame);
		frame = load_pointer(frame, l->frame_previous);
	}
	if (frame)
		k->n = 0;
}

/* Walks, and keeps the stack of this frame at k. */
static void known_walk(struct py_thread *t, const void *thread_state, struct known_stack *k,
                       const void *frame)
{
	k->n = 0; /* first, for a handler that leaves this hook for good */
	pt_signal_fence();
	frames_walk(t, thread_state, &k->walked);
	known_keep(python.layout, k, frame);
	k->fresh = true;
}

static struct known_stack *known_second(struct py_thread *t, const void *frame, uint64_t key)
{
	return &t->known[known_hash(frame, key) << KNOWN_BITS >> (64 - KNOWN_BITS)];
}

/* What is in the way is looked for at its second place from now on. */
static void known_move(struct py_thread *t, const struct known_stack *k)
{
	if (!k->n)
		return;
	struct known_stack *second = known_second(t, k->at[0].frame, k->at[0].key);
	if (second != k)
		*second = *k;
}

PT_HOT struct known_stack *known_other(struct py_thread *t, const void *thread_state,
                                       struct known_stack *first, const void *frame)
{
	struct known_stack *second = known_second(t, frame,
	                                          frame ? frame_key(python.layout, frame) : 0);
	if (known_holds(python.layout, second, frame)) {
		second->fresh = false;
		return second;
	}
	known_move(t, first);
	known_walk(t, thread_state, first, frame);
	return first;
}
