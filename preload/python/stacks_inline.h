/*
 * The hot side of stacks.c: each wrapper of CPython's allocators (allocators.c) has it inline, for its own
 * domain, so that an event is one function.
 *
 * Cost on 3.13, in instructions: 175 an object's allocation with its record and 8 for each of its frames,
 * 14 to settle it in the next event, 127 a release with its record.
 */
#ifndef PT_PYTHON_STACKS_INLINE_H
#define PT_PYTHON_STACKS_INLINE_H

#include "frames.h"
#include "heap_moment.h"
#include "pending_class.h"
#include "py_stack_cache.h"
#include "receiver.h"
#include "python.h"
#include "stacks.h"

const void *stacks_enter_slow(struct self *self, struct py_thread *t);
uint32_t stacks_python_alone(struct self *self, struct py_thread *t, const void *state,
                             const struct frame_start *start, struct py_stack_cache_stack *k);
uint32_t stacks_merged_with(struct self *self, struct py_thread *t, const void *state,
                            const struct frame_start *start, struct py_stack_cache_stack *k,
                            uint64_t native);
uint32_t stacks_native(struct self *self, const struct frame_start *start);
uint32_t stacks_whole_free(struct self *self, const struct frame_start *start, uint8_t domain);

PT_INLINE uint32_t stacks_merged(struct self *self, struct py_thread *t, const void *state,
                                 const struct frame_start *start, struct py_stack_cache_stack *k)
{
	uint64_t native = unwind_hash(self, start);
	const struct py_stack_cache_merged *merged = py_stack_cache_merged_at(k, native);
	return likely(merged->stack && merged->native == native)
	               ? merged->stack
	               : stacks_merged_with(self, t, state, start, k, native);
}

/* Of a thread whose interpreter can be read; k is its py_stack_cache_stack(). */
PT_INLINE uint32_t stacks_of_python(struct self *self, struct py_thread *t, const void *state,
                                    const struct frame_start *start, uint8_t domain,
                                    struct py_stack_cache_stack *k)
{
	/* In a domain of Python's where native frames are wanted, it is never asked for. */
	if (domain != PTF_DOMAIN_C && likely(k->stack))
		return k->stack;
	if (stacks_native_in & 1u << domain)
		return unlikely(!k->has_python || stacks_mode == STACKS_NATIVE)
		               ? stacks_native(self, start)
		               : stacks_merged(self, t, state, start, k);
	return likely(k->stack) ? k->stack : stacks_python_alone(self, t, state, start, k);
}

/* The state in its interpreter of a thread that is self->running, if it ran by it at its last event, too;
 * NULL: stacks_enter_slow() must tell. */
PT_INLINE const void *stacks_state_at_hand(const struct py_thread *t)
{
	const void *state = python.api.current_thread_state();
	if (unlikely(state != t->state))
		return NULL;
	if (!state) /* t->state never is */
		__builtin_unreachable();
	return state;
}

/* While python_alert has PYTHON_READS: the thread's state in its interpreter, NULL: it has none.  Settles,
 * unless it is NULL. */
PT_INLINE const void *stacks_enter(struct self *self, struct py_thread *t)
{
	const void *state = gil_is_held(t) ? stacks_state_at_hand(t) : NULL;
	if (unlikely(!state))
		return stacks_enter_slow(self, t);
	if (self->due)
		pending_class_do_due(self, t);
	return state;
}

/* Records an allocation in `domain`, which `what` names, too.  The one before is settled. */
PT_INLINE void stacks_put_entered(struct self *self, struct py_thread *t, const void *state,
                                  const struct frame_start *start, uint64_t address,
                                  uint64_t size_bytes, hook_what what, uint8_t domain)
{
	struct py_stack_cache_stack *k = py_stack_cache_stack(t, state);
	uint64_t who = stacks_of_python(self, t, state, start, domain, k);
	uint64_t owner = k->self_at ? receiver_of_frame(k->self_at, &k->owner) : 0;

	if (domain == PTF_DOMAIN_PY_OBJ)
		who |= (uint64_t)pending_class_expect(t, k, address, size_bytes) << 32;
	pending_class_put(self, who, what, address, size_bytes, timestamp_if_due(self, address),
	                  owner);
	if (domain == PTF_DOMAIN_PY_OBJ)
		pending_class_wait(self, t);
	t->look_in_bytes -= (int64_t)size_bytes;
	if (unlikely(t->look_in_bytes < 0))
		heap_moment_look(t);
}

/* The same, in a hook that knows nothing yet. */
void stacks_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                      uint64_t size_bytes, hook_what what, uint8_t domain);

/* Stack of a release: its caller, or for a sample the whole one. */
PT_INLINE uint32_t stacks_releaser(struct self *self, const struct frame_start *start,
                                   uint8_t domain)
{
	return unlikely(event_writer_whole_free_due(self, EVENT_WRITER_WHOLE_FREE_PYTHON))
	               ? stacks_whole_free(self, start, domain)
	               : unwind_caller(self, start->ip);
}

/* The same where what waits is still to be settled. */
PT_INLINE uint32_t stacks_free(struct self *self, const struct frame_start *start, uint8_t domain)
{
	python_settle(self);
	return stacks_releaser(self, start, domain);
}

uint32_t stacks_free_slow(struct self *self, const struct frame_start *start, uint8_t domain);

/* In the interpreter's MEM and OBJ domains, which need the GIL. */
PT_INLINE uint32_t stacks_free_object(struct self *self, const struct frame_start *start,
                                      uint8_t domain)
{
	struct py_thread *t = self->running;
	if (unlikely(!t))
		return stacks_free_slow(self, start, domain);
	if (self->due)
		pending_class_do_due(self, t);
	return stacks_releaser(self, start, domain);
}

#endif
