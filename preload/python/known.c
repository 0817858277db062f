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

PT_HOT void known_walk(struct py_thread *t, const void *thread_state, struct known_stack *k,
                       const void *frame)
{
	k->n = 0; /* first, for a handler that leaves this hook for good */
	pt_signal_fence();
	frames_walk(t, thread_state, &k->walked);
	known_keep(python.layout, k, frame);
}
