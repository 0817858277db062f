/*
 * See known.h.
 *
 * A stack may be at two places of its hash.  It is put at the first; what is there goes to its own
 * second place, and is walked again if something else comes there.  Stacks are used one after the other.
 */
#include "known.h"

static struct known_stack known_none = {.at[0].frame = KNOWN_NO_FRAME};

void known_forget(struct py_thread *t)
{
	for (unsigned i = 0; i < KNOWN_PLACES; i++)
		t->known_at[i] = &known_none;
}

static void known_drop(struct known_stack *k)
{
	k->at[0].frame = KNOWN_NO_FRAME;
}

static void known_keep(const struct layout *l, struct known_stack *k, const void *frame)
{
	k->stack = 0;
	for (unsigned i = 0; i < TYPES_BUILT; i++)
		k->built[i] = type_guess_of(0, &types_none);
	__builtin_memset(k->merged, 0, sizeof k->merged);
	k->has_python = k->walked.n_python;
	k->self_at = k->walked.method_frame ? (const char *)k->walked.method_frame + l->frame_locals
	                                    : NULL;
	unsigned n = 0;
	for (; frame && n < KNOWN_FRAMES; n++) {
		k->at[n].key = frame_key(l, frame);
		k->at[n].frame = frame;
		frame = load_pointer(frame, l->frame_previous);
	}
	k->at[n] = (struct known_frame){NULL, 0};
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

static struct known_stack **known_second_place(struct py_thread *t, uint64_t hash)
{
	return known_place(t, hash << KNOWN_BITS);
}

/* At this place, and what is there at its second one. */
static void known_put(struct py_thread *t, struct known_stack **place, struct known_stack *k)
{
	const struct known_frame *leaf = &(*place)->at[0];
	if (leaf->frame != KNOWN_NO_FRAME)
		*known_second_place(t, known_hash(leaf->frame, leaf->key)) = *place;
	*place = k; /* last, for what is at its second place now */
}

PT_HOT struct known_stack *known_other(struct py_thread *t, const void *thread_state,
                                       const void *frame, uint64_t key)
{
	uint64_t hash = known_hash(frame, key);
	struct known_stack *k = *known_second_place(t, hash);
	if (known_holds(k, frame, key, false))
		return k;
	k = *known_place(t, hash);
	if (!frame && known_holds(k, frame, key, false))
		return k;
	k = &t->known[t->next_known % KNOWN_STACKS];
	known_walk(t, thread_state, k, frame);
	if (k->at[0].frame != KNOWN_NO_FRAME) {
		known_put(t, known_place(t, hash), k);
		t->next_known++;
	}
	return k;
}

PT_HOT struct known_stack *known_by_layout(struct py_thread *t, const void *thread_state)
{
	return known_of_frame(t, thread_state, frames_current(thread_state), false);
}
