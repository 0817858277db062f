/* See stacks.h and stacks_inline.h: here is what is not of each event. */
#include "stacks_inline.h"

#include "base/format_text.h"
#include "write/thread.h"
#include "watched_blocks.h"

enum stacks_mode stacks_mode;
PT_EACH_EVENT uint32_t stacks_native_in;

void stacks_choose(void)
{
	static const struct {
		const char *name;
		enum stacks_mode mode;
		uint32_t native_in;
	} choices[] = {
		{"python", STACKS_PYTHON, 0},
		{"native", STACKS_NATIVE, ~0u},
		{"merged", STACKS_MERGED, ~0u},
		{"mixed", STACKS_MIXED, 1u << PTF_DOMAIN_C},
	};
	const char *wanted = format_text_env("POOLTRACE_STACKS");
	unsigned i = 0, last = sizeof choices / sizeof choices[0] - 1;

	while (i < last && !(wanted && strcmp(wanted, choices[i].name) == 0))
		i++;
	stacks_mode = choices[i].mode;
	stacks_native_in = choices[i].native_in;
}

static const void *enter_without_gil(struct self *self, struct py_thread *t)
{
	const void *state = python.api.PyGILState_GetThisThreadState();
	if (state && self->due & DUE_CLASS)
		pending_class_settle(self, t, false);
	return state;
}

/*
 * As long as current_thread_state() gives this state, this thread has the GIL of the interpreter that it ran
 * last.  A state, and an interpreter with its first state in it, is a block that is freed, and the next one may
 * get its place.
 */
static void keep_state(struct py_thread *t, const void *state)
{
	bool kept = watched_blocks_add(state, WATCHED_STATE) &&
	            watched_blocks_add(load_pointer(state, TSTATE_INTERP), WATCHED_STATE);
	t->state = kept ? state : STATE_NONE;
}

/* By another state than the last time, by none, or after another thread. */
const void *stacks_enter_slow(struct self *self, struct py_thread *t)
{
	const void *state = frames_thread_state();
	if (unlikely(!state))
		return enter_without_gil(self, t);
	gil_take(t, state);
	if (unlikely(state != t->state))
		keep_state(t, state);
	pending_class_do_due(self, t);
	return state;
}

/* Not known yet, or there are none. */
PT_COLD uint32_t stacks_python_alone(struct self *self, struct py_thread *t, const void *state,
                                     const struct frame_start *start,
                                     struct py_stack_cache_stack *k)
{
	if (!k->has_python)
		return stacks_native(self, start);
	if (t->walked != k)
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
                            const struct frame_start *start, struct py_stack_cache_stack *k,
                            uint64_t native)
{
	uint32_t id = native ? frames_find_merged(&k->walked, native, PTF_STACK_COMPLETE) : 0;
	if (unlikely(!id))
		return new_merged_stack(self, t, state, start);
	*py_stack_cache_merged_at(k, native) = (struct py_stack_cache_merged){native, id};
	return id;
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
static PT_COLD uint32_t stacks_without_python(struct self *self, const struct frame_start *start,
                                              uint8_t domain)
{
	bool starting = python.phase == PYTHON_HOOKED || python.phase == PYTHON_ASKED ||
	                python.phase == PYTHON_ENDING;
	if (starting && !(stacks_native_in & 1u << domain))
		return unwind_caller(self, start->ip);
	return stacks_native(self, start);
}

static PT_COLD void put_without_python(struct self *self, const struct frame_start *start,
                                       uint64_t address, uint64_t size_bytes, hook_what what,
                                       uint8_t domain)
{
	python_settle(self);
	uint32_t stack = stacks_without_python(self, start, domain);
	pending_class_put(self, stack, what, address, size_bytes, timestamp_if_due(self, address),
	                  0);
}

/* NULL: no Python can be read. */
PT_INLINE struct py_thread *readable(struct self *self)
{
	return likely(python_alert & PYTHON_READS) ? py_thread_of(self) : NULL;
}

PT_HOT void stacks_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                             uint64_t size_bytes, hook_what what, uint8_t domain)
{
	struct py_thread *t = readable(self);
	const void *state = t ? stacks_enter(self, t) : NULL;
	if (likely(state))
		stacks_put_entered(self, t, state, start, address, size_bytes, what, domain);
	else
		put_without_python(self, start, address, size_bytes, what, domain);
}

/* The block may be another thread's, who has not looked at it yet. */
uint32_t stacks_free_slow(struct self *self, const struct frame_start *start, uint8_t domain)
{
	struct py_thread *t = readable(self);
	return t && stacks_enter(self, t) ? stacks_releaser(self, start, domain)
	                                  : stacks_free(self, start, domain);
}

PT_COLD uint32_t stacks_whole_free(struct self *self, const struct frame_start *start,
                                   uint8_t domain)
{
	struct py_thread *t = readable(self);
	const void *state = t ? stacks_enter(self, t) : NULL;
	return state ? stacks_of_python(self, t, state, start, domain,
	                                py_stack_cache_stack(t, state))
	             : stacks_without_python(self, start, domain);
}

PT_HOT void cpython_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                              uint64_t size_bytes, hook_what what)
{
	stacks_put_alloc(self, start, address, size_bytes, what, PTF_DOMAIN_C);
}

PT_HOT uint32_t cpython_free_stack(struct self *self, const struct frame_start *start)
{
	return stacks_free(self, start, PTF_DOMAIN_C);
}

uint32_t cpython_stack(struct self *self, const struct frame_start *start)
{
	struct py_thread *t = readable(self);
	const void *state = t ? stacks_enter(self, t) : NULL;
	if (state)
		return stacks_of_python(self, t, state, start, PTF_DOMAIN_C,
		                        py_stack_cache_stack(t, state));
	python_settle(self);
	return stacks_without_python(self, start, PTF_DOMAIN_C);
}

PT_COLD void cpython_settle(struct self *self)
{
	bool has_gil = python_alert & PYTHON_READS && self == self_tls && frames_thread_state();
	pending_class_settle(self, self->python, has_gil);
}
