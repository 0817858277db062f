/*
 * The hot side of stacks.c: each wrapper of CPython's allocators (allocators.c) has it inline, for its own
 * domain, so that an event is one function.
 *
 * Cost on 3.13, in instructions: 280 an object's allocation with its record and 6 for each of its frames,
 * 15 to settle it in the next event, 170 a release with its record.
 */
#ifndef PT_PYTHON_STACKS_INLINE_H
#define PT_PYTHON_STACKS_INLINE_H

#include "frames.h"
#include "held.h"
#include "known.h"
#include "owner.h"
#include "python.h"
#include "stacks.h"

uint32_t stacks_python_alone(struct py_thread *t, const void *state, struct known_stack *k);
uint32_t stacks_merged_with(struct self *self, struct py_thread *t, const void *state,
                            const struct frame_start *start, struct known_stack *k,
                            uint64_t native);
uint32_t stacks_native(struct self *self, const struct frame_start *start);
uint32_t stacks_without_python(struct self *self, const struct frame_start *start, uint8_t domain);
uint32_t stacks_whole_free(struct self *self, const struct frame_start *start, uint8_t domain);

/* Are native frames wanted in the stacks of this domain? */
PT_INLINE bool stacks_want_native(uint8_t domain)
{
	return stacks_mode == STACKS_MERGED ||
	       (stacks_mode == STACKS_MIXED && domain == PTF_DOMAIN_C);
}

PT_INLINE uint32_t stacks_merged(struct self *self, struct py_thread *t, const void *state,
                                 const struct frame_start *start, struct known_stack *k)
{
	uint64_t native = unwind_hash(self, start);
	return likely(k->merged && k->native_hash == native)
	               ? k->merged
	               : stacks_merged_with(self, t, state, start, k, native);
}

/* Of a thread whose interpreter can be read; k is its known_stack(). */
PT_INLINE uint32_t stacks_of_python(struct self *self, struct py_thread *t, const void *state,
                                    const struct frame_start *start, uint8_t domain,
                                    struct known_stack *k)
{
	if (unlikely(!k->has_python || stacks_mode == STACKS_NATIVE))
		return stacks_native(self, start);
	if (stacks_want_native(domain))
		return stacks_merged(self, t, state, start, k);
	return likely(k->stack) ? k->stack : stacks_python_alone(t, state, k);
}

/* The thread's state in its interpreter, NULL: it has none.  Settles, unless it is NULL. */
PT_INLINE const void *stacks_enter(struct self *self, struct py_thread *t)
{
	bool has_gil;
	const void *state = frames_thread_state(&has_gil);
	if (unlikely(!state))
		return NULL;
	if (has_gil)
		held_take_turn(t, state);
	if (self->held)
		held_settle(self, t, has_gil);
	return state;
}

/* With the GIL: blocks that were no objects yet when a collection began. */
PT_INLINE void stacks_look_again_if_due(struct self *self, struct py_thread *t)
{
	if (unlikely(t->unsure.looks) && !t->collecting)
		held_look_again(self, t);
}

/* Settles what waits, and finds the stack; *k of its Python frames, NULL, and a native stack, where no
 * Python can be read. */
PT_INLINE uint32_t stacks_event(struct self *self, const struct frame_start *start, uint8_t domain,
                                struct known_stack **k)
{
	struct py_thread *t = python_alert & PYTHON_READS ? py_thread_of(self) : NULL;
	const void *state = t ? stacks_enter(self, t) : NULL;
	if (unlikely(!state)) {
		python_settle(self);
		*k = NULL;
		return stacks_without_python(self, start, domain);
	}
	stacks_look_again_if_due(self, t);
	*k = known_stack(t, state);
	return stacks_of_python(self, t, state, start, domain, *k);
}

/* Records an allocation in `domain`, which `what` names, too. */
PT_INLINE void stacks_put_alloc(struct self *self, const struct frame_start *start,
                                uint64_t address, uint64_t size_bytes, hook_what what,
                                uint8_t domain)
{
	struct known_stack *k;
	uint64_t who = stacks_event(self, start, domain, &k), owner = 0;
	bool is_object = domain == PTF_DOMAIN_PY_OBJ && likely(k);
	if (likely(k && k->method_frame))
		owner = owner_of_frame(k->method_frame, &k->owner);
	if (is_object)
		who |= (uint64_t)held_expect(self->python, k, address, size_bytes) << 32;
	held_put(self, who, what, address, size_bytes, turn_stamp_if_due(self, address), owner);
	if (is_object)
		held_wait(self, self->python);
}

/* Stack of a release: its caller, or for a sample the whole one. */
PT_INLINE uint32_t stacks_releaser(struct self *self, const struct frame_start *start,
                                   uint8_t domain)
{
	return unlikely(stream_whole_free_due(self)) ? stacks_whole_free(self, start, domain)
	                                             : unwind_caller(self, start->ip);
}

/* The same where what waits is still to be settled. */
PT_INLINE uint32_t stacks_free(struct self *self, const struct frame_start *start, uint8_t domain)
{
	python_settle(self);
	return stacks_releaser(self, start, domain);
}

/* In the interpreter's MEM and OBJ domains, which need the GIL.  The object may be another thread's, who
 * has not looked at it yet. */
PT_INLINE uint32_t stacks_free_object(struct self *self, const struct frame_start *start,
                                      uint8_t domain)
{
	struct py_thread *t = python_alert & PYTHON_READS ? self->python : NULL;
	if (unlikely(!t) || (unlikely(!held_has_turn(t)) && !stacks_enter(self, t)))
		return stacks_free(self, start, domain);
	if (self->held)
		held_settle(self, t, true);
	stacks_look_again_if_due(self, t); /* what dies at once has its class still */
	return stacks_releaser(self, start, domain);
}

#endif
