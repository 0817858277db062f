/* See known.h. */
#include "known.h"

static PT_COLD void known_forget(struct py_thread *t, uint32_t epoch)
{
	__builtin_memset(t->known, 0, KNOWN_STACKS * sizeof t->known[0]);
	t->known_epoch = epoch;
}

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
	for (uint32_t i = 0; i < k->n; i++) {
		if (frame != k->at[i].frame || frame_key(l, frame) != k->at[i].key)
			return false;
		frame = load_pointer(frame, l->frame_previous);
	}
	return k->n && !frame;
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

PT_HOT struct known_stack *known_stack(struct py_thread *t, const void *thread_state)
{
	const struct layout *l = python.layout;
	const void *frame = frames_current(thread_state);
	struct known_stack *k = known_slot(t, frame, frame ? frame_key(l, frame) : 0);
	k->fresh = !known_holds(l, k, frame);
	if (likely(!k->fresh))
		return k;
	k->n = 0; /* first, for a handler that leaves this hook for good */
	pt_signal_fence();
	frames_walk(t, thread_state, &k->walked);
	known_keep(l, k, frame);
	return k;
}
