/*
 * See py_stack_cache.h.
 *
 * A stack may be at two places of its hash.  It is put at the first; what is there goes to its own
 * second place, and is walked again if something else comes there.  Stacks are used one after the other.
 */
#include "py_stack_cache.h"

static struct py_stack_cache_stack py_stack_cache_none = {.at[0].frame = PY_STACK_CACHE_NO_FRAME};

void py_stack_cache_forget(struct py_thread *t)
{
	for (unsigned i = 0; i < PY_STACK_CACHE_PLACES; i++)
		t->py_stack_cache_at[i] = &py_stack_cache_none;
}

static void py_stack_cache_drop(struct py_stack_cache_stack *k)
{
	k->at[0].frame = PY_STACK_CACHE_NO_FRAME;
}

static void py_stack_cache_keep(const struct layout *l, struct py_stack_cache_stack *k,
                                const void *frame)
{
	k->stack = 0;
	for (unsigned i = 0; i < TYPES_BUILT; i++)
		k->built[i] = type_guess_of(0, &types_none);
	__builtin_memset(k->merged, 0, sizeof k->merged);
	k->has_python = k->walked.n_python;
	k->self_at = k->walked.method_frame ? (const char *)k->walked.method_frame + l->frame_locals
	                                    : NULL;
	unsigned n = 0;
	for (; frame && n < PY_STACK_CACHE_FRAMES; n++) {
		k->at[n].key = frame_key(l, frame);
		k->at[n].frame = frame;
		frame = load_pointer(frame, l->frame_previous);
	}

	k->at[n] = (struct py_stack_cache_frame){NULL, 0};
	if (frame)
		py_stack_cache_drop(k);
}

/* Walks, and keeps the stack of this frame at k. */
static void py_stack_cache_walk(struct py_thread *t, const void *thread_state,
                                struct py_stack_cache_stack *k, const void *frame)
{
	py_stack_cache_drop(k); /* first, for a handler that leaves this hook for good */
	pt_signal_fence();
	frames_walk(t, thread_state, &k->walked);
	py_stack_cache_keep(python.layout, k, frame);
	t->walked = k;
}

static struct py_stack_cache_stack **py_stack_cache_second_place(struct py_thread *t, uint64_t hash)
{
	return py_stack_cache_place(t, hash << PY_STACK_CACHE_BITS);
}

/* At this place, and what is there at its second one. */
static void py_stack_cache_put(struct py_thread *t, struct py_stack_cache_stack **place,
                               struct py_stack_cache_stack *k)
{
	const struct py_stack_cache_frame *leaf = &(*place)->at[0];
	if (leaf->frame != PY_STACK_CACHE_NO_FRAME)
		*py_stack_cache_second_place(t,
		                             py_stack_cache_hash(leaf->frame, leaf->key)) = *place;
	*place = k; /* last, for what is at its second place now */
}

PT_HOT struct py_stack_cache_stack *py_stack_cache_find_slow(struct py_thread *t,
                                                             const void *thread_state,
                                                             const void *frame, uint64_t key)
{
	uint64_t hash = py_stack_cache_hash(frame, key);
	struct py_stack_cache_stack *k = *py_stack_cache_second_place(t, hash);

	if (py_stack_cache_holds(k, frame, key, false))
		return k;
	k = *py_stack_cache_place(t, hash);
	if (!frame && py_stack_cache_holds(k, frame, key, false))
		return k;
	k = &t->known[t->next_known % PY_STACK_CACHE_STACKS];
	py_stack_cache_walk(t, thread_state, k, frame);
	if (k->at[0].frame != PY_STACK_CACHE_NO_FRAME) {
		py_stack_cache_put(t, py_stack_cache_place(t, hash), k);
		t->next_known++;
	}

	return k;
}

PT_HOT struct py_stack_cache_stack *py_stack_cache_by_layout(struct py_thread *t,
                                                             const void *thread_state)
{
	return py_stack_cache_of_frame(t, thread_state, frames_current(thread_state), false);
}
