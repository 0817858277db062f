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

PT_HOT uint32_t known_find(struct py_thread *t, const void *thread_state, const void **method_frame)
{
	const struct layout *l = python.layout;
	const void *f = frames_current(thread_state);
	if (unlikely(!f))
		return 0;
	const struct known_stack *k = known_slot(t, f, frame_key(l, f));
	for (uint32_t i = 0; i < k->n; i++) {
		if (f != k->at[i].frame || frame_key(l, f) != k->at[i].key)
			return 0;
		f = load_pointer(f, l->frame_previous);
	}
	*method_frame = k->method_frame;
	return f ? 0 : k->stack;
}

PT_HOT void known_keep(struct py_thread *t, const void *thread_state, const struct py_frames *p,
                       uint32_t stack)
{
	const struct layout *l = python.layout;
	const void *f = frames_current(thread_state);
	struct known_stack *k = known_slot(t, f, frame_key(l, f));
	k->stack = stack;
	k->method_frame = p->method_frame;
	for (k->n = 0; f && k->n < KNOWN_FRAMES; k->n++) {
		k->at[k->n].frame = f;
		k->at[k->n].key = frame_key(l, f);
		f = load_pointer(f, l->frame_previous);
	}
	if (f)
		k->n = 0;
}
