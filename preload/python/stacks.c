/* See stacks.h. */
#include "stacks.h"

#include "../text.h"
#include "../thread.h"
#include "frames.h"
#include "held.h"
#include "known.h"
#include "owner.h"
#include "python.h"

enum stacks_mode stacks_mode;

void stacks_choose(void)
{
	const char *wanted = text_env("POOLTRACE_STACKS");
	if (wanted && strcmp(wanted, "python") == 0)
		stacks_mode = STACKS_PYTHON;
	else if (wanted && strcmp(wanted, "native") == 0)
		stacks_mode = STACKS_NATIVE;
	else if (wanted && strcmp(wanted, "merged") == 0)
		stacks_mode = STACKS_MERGED;
	else
		stacks_mode = STACKS_MIXED;
}

/* Are native frames wanted in the stacks of this domain? */
PT_INLINE bool wants_native(uint8_t domain)
{
	return stacks_mode == STACKS_MERGED ||
	       (stacks_mode == STACKS_MIXED && domain == PTF_DOMAIN_C);
}

static __attribute__((noinline)) uint32_t python_alone(struct py_thread *t, const void *state,
                                                       struct known_stack *k)
{
	if (!k->fresh)
		frames_walk(t, state, &k->walked);
	return k->stack = frames_intern(t, &k->walked);
}

/* Not in the trace yet: now the frames themselves are needed. */
static PT_COLD uint32_t new_merged_stack(struct self *self, struct py_thread *t, const void *state,
                                         const struct frame_start *start)
{
	struct py_frames p;
	struct unwound native;
	frames_walk(t, state, &p);
	unwind_take(self, start, &native);
	return frames_intern_merged(t, &p, &native);
}

static __attribute__((noinline)) uint32_t merged_with(struct self *self, struct py_thread *t,
                                                      const void *state,
                                                      const struct frame_start *start,
                                                      struct known_stack *k, uint64_t native)
{
	uint32_t id = native ? frames_find_merged(&k->walked, native, PTF_STACK_COMPLETE) : 0;
	if (unlikely(!id))
		return new_merged_stack(self, t, state, start);
	k->native_hash = native;
	return k->merged = id;
}

PT_INLINE uint32_t merged(struct self *self, struct py_thread *t, const void *state,
                          const struct frame_start *start, struct known_stack *k)
{
	uint64_t native = unwind_hash(self, start);
	return likely(k->merged && k->native_hash == native)
	               ? k->merged
	               : merged_with(self, t, state, start, k, native);
}

/* Of a thread whose interpreter can be read. */
PT_INLINE uint32_t stack_of(struct self *self, struct py_thread *t, const void *state,
                            const struct frame_start *start, uint8_t domain, uint64_t *owner)
{
	struct known_stack *k = known_stack(t, state);
	*owner = k->walked.method_frame ? owner_of_frame(t, k->walked.method_frame) : 0;
	if (unlikely(!k->walked.n_python || stacks_mode == STACKS_NATIVE))
		return unwind_stack(self, start);
	if (wants_native(domain))
		return merged(self, t, state, start, k);
	return likely(k->stack) ? k->stack : python_alone(t, state, k);
}

/* The thread's state in its interpreter, NULL: it has none.  Settles, unless it is NULL. */
PT_INLINE const void *enter(struct self *self, struct py_thread *t)
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
PT_INLINE void look_again_if_due(struct self *self, struct py_thread *t)
{
	if (unlikely(t->unsure.looks) && !t->collecting)
		held_look_again(self, t);
}

/*
 * Where no Python can be read.  While an interpreter starts or ends, its own blocks get their caller
 * alone if only Python frames are wanted of them: to walk and to define the native stacks of its
 * start took half of its time.
 */
static uint32_t stack_without_python(struct self *self, const struct frame_start *start,
                                     uint8_t domain)
{
	bool starting = python.phase == PYTHON_HOOKED || python.phase == PYTHON_ASKED ||
	                python.phase == PYTHON_ENDING;
	if (starting && domain != PTF_DOMAIN_C && stacks_mode != STACKS_NATIVE &&
	    !wants_native(domain))
		return unwind_caller(self, start->ip);
	return unwind_stack(self, start);
}

PT_HOT struct py_thread *stacks_event(struct self *self, const struct frame_start *start,
                                      uint8_t domain, uint32_t *stack, uint64_t *owner)
{
	struct py_thread *t = python_alert & PYTHON_READS ? py_thread_of(self) : NULL;
	const void *state = t ? enter(self, t) : NULL;
	*owner = 0;
	if (unlikely(!state)) {
		python_settle(self);
		*stack = stack_without_python(self, start, domain);
		return NULL;
	}
	look_again_if_due(self, t);
	*stack = stack_of(self, t, state, start, domain, owner);
	return t;
}

static PT_COLD uint32_t whole_free_stack(struct self *self, const struct frame_start *start,
                                         uint8_t domain)
{
	uint64_t owner;
	struct py_thread *t = python_alert & PYTHON_READS ? py_thread_of(self) : NULL;
	const void *state = t ? enter(self, t) : NULL;
	return state ? stack_of(self, t, state, start, domain, &owner)
	             : stack_without_python(self, start, domain);
}

PT_INLINE uint32_t free_stack(struct self *self, const struct frame_start *start, uint8_t domain)
{
	python_settle(self);
	if (unlikely(stream_whole_free_due(self)))
		return whole_free_stack(self, start, domain);
	return unwind_caller(self, start->ip);
}

PT_HOT uint32_t python_free_stack(struct self *self, const struct frame_start *start)
{
	return free_stack(self, start, PTF_DOMAIN_C);
}

PT_HOT uint32_t stacks_free_raw(struct self *self, const struct frame_start *start)
{
	return free_stack(self, start, PTF_DOMAIN_PY_RAW);
}

/* The object may be another thread's, who has not looked at it yet. */
PT_HOT uint32_t stacks_free_object(struct self *self, const struct frame_start *start)
{
	struct py_thread *t = python_alert & PYTHON_READS ? self->python : NULL;
	if (likely(t && held_has_turn(t))) {
		if (self->held)
			held_settle(self, t, true);
		look_again_if_due(self, t); /* what dies at once has its class still */
	} else if (t) {
		enter(self, t);
	}
	return free_stack(self, start, PTF_DOMAIN_PY_OBJ);
}

uint32_t python_stack(struct self *self, const struct frame_start *start)
{
	uint64_t owner;
	uint32_t stack;
	stacks_event(self, start, PTF_DOMAIN_C, &stack, &owner);
	return stack;
}

PT_COLD void python_settle_slow(struct self *self)
{
	bool has_gil = false;
	if (python_alert & PYTHON_READS)
		frames_thread_state(&has_gil);
	held_settle(self, self->python, has_gil && self == self_tls);
}
