/* See stacks.h and stacks_inline.h: here is what is not of each event. */
#include "stacks_inline.h"

#include "../text.h"
#include "../thread.h"

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

uint32_t stacks_python_alone(struct py_thread *t, const void *state, struct known_stack *k)
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

uint32_t stacks_merged_with(struct self *self, struct py_thread *t, const void *state,
                            const struct frame_start *start, struct known_stack *k, uint64_t native)
{
	uint32_t id = native ? frames_find_merged(&k->walked, native, PTF_STACK_COMPLETE) : 0;
	if (unlikely(!id))
		return new_merged_stack(self, t, state, start);
	k->native_hash = native;
	return k->merged = id;
}

uint32_t stacks_native(struct self *self, const struct frame_start *start)
{
	return unwind_stack(self, start);
}

/*
 * Where no Python can be read.  While an interpreter starts or ends, its own blocks get their caller
 * alone if only Python frames are wanted of them: to walk and to define the native stacks of its
 * start took half of its time.
 */
PT_COLD uint32_t stacks_without_python(struct self *self, const struct frame_start *start,
                                       uint8_t domain)
{
	bool starting = python.phase == PYTHON_HOOKED || python.phase == PYTHON_ASKED ||
	                python.phase == PYTHON_ENDING;
	if (starting && domain != PTF_DOMAIN_C && stacks_mode != STACKS_NATIVE &&
	    !stacks_want_native(domain))
		return unwind_caller(self, start->ip);
	return stacks_native(self, start);
}

PT_COLD uint32_t stacks_whole_free(struct self *self, const struct frame_start *start,
                                   uint8_t domain)
{
	struct py_thread *t = python_alert & PYTHON_READS ? py_thread_of(self) : NULL;
	const void *state = t ? stacks_enter(self, t) : NULL;
	return state ? stacks_of_python(self, t, state, start, domain, known_stack(t, state))
	             : stacks_without_python(self, start, domain);
}

PT_HOT void python_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                             uint64_t size_bytes, hook_what what)
{
	stacks_put_alloc(self, start, address, size_bytes, what, PTF_DOMAIN_C);
}

PT_HOT uint32_t python_free_stack(struct self *self, const struct frame_start *start)
{
	return stacks_free(self, start, PTF_DOMAIN_C);
}

uint32_t python_stack(struct self *self, const struct frame_start *start)
{
	struct known_stack *k;
	return stacks_event(self, start, PTF_DOMAIN_C, &k);
}

PT_COLD void python_settle_slow(struct self *self)
{
	bool has_gil = false;
	if (python_alert & PYTHON_READS)
		frames_thread_state(&has_gil);
	held_settle(self, self->python, has_gil && self == self_tls);
}
