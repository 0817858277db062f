/*
 * The class of an allocation, which its object tells only when it has its header.
 *
 * CPython writes the type pointer right after the allocator returns.  So an object block is recorded
 * with the class that is expected, the last that was built at this place, and looked at in the
 * thread's next event: where it is another, a record that follows says so.  The wait crosses a release
 * of the GIL at times, and then another thread may free the block before its maker's next event.
 * So the rule is: who takes the GIL over (its first event after somebody else's) reads the header for
 * the thread that had it before, while the block cannot have been freed yet.
 *
 *     A: allocates X, releases the GIL | B: event: X's class is read, then X freed | A: event: settles X
 *
 * A thread that must settle without the GIL (a plain malloc, its end) reads a copy that the kernel
 * makes, which cannot fault.
 */
#ifndef PT_PYTHON_PENDING_CLASS_H
#define PT_PYTHON_PENDING_CLASS_H

#include "intercept/hook.h"
#include "write/event_writer.h"
#include "py_stack_cache.h"
#include "types.h"

/* Who had the GIL of an interpreter at its last event. */
struct gil_turn {
	const void *interpreter;
	struct py_thread *last;
};

extern struct gil_turn gil_is_not_held; /* of a thread that had none yet */

/* It was this thread that had the GIL of its interpreter last, so nobody else's block needs a look: its
 * struct self says so, too (`running`), while Python can be read. */
PT_INLINE bool gil_is_held(const struct py_thread *t)
{
	return t->self->running == t;
}

void gil_change(struct py_thread *t, const void *interpreter);

/* The thread has the GIL of thread_state's interpreter. */
PT_INLINE void gil_take(struct py_thread *t, const void *thread_state)
{
	const void *interpreter = load_pointer(thread_state, TSTATE_INTERP);
	if (unlikely(!gil_is_held(t) || t->turn->interpreter != interpreter))
		gil_change(t, interpreter);
}

/* Settles the allocation that waits: has it the class that its record says?  `has_gil`: of the
 * interpreter of t->turn. */
void pending_class_settle(struct self *self, struct py_thread *t, bool has_gil);

struct type_info *pending_class_expected_slow(struct py_thread *t, struct type_guess *built,
                                              uint64_t size_bytes);

/* What was built last of this size at this place. */
PT_INLINE struct type_info *pending_class_expected(struct py_thread *t, struct type_guess *built,
                                                   uint64_t size_bytes)
{
	if (likely(built[0].size_bytes == size_bytes))
		return built[0].info;
	if (built[1].size_bytes == size_bytes)
		return built[1].info;
	return pending_class_expected_slow(t, built, size_bytes);
}

/* The class to record this allocation with (the one before is settled). */
PT_INLINE uint32_t pending_class_expect(struct py_thread *t, struct py_stack_cache_stack *k,
                                        uint64_t address, uint64_t size_bytes)
{
	struct pending_class *h = &t->held;
	h->expected = pending_class_expected(t, k->built, size_bytes);
	h->site = k->built;
	h->address = address;
	h->size_bytes = size_bytes;
	return h->expected->class_id;
}

/* It is recorded. */
PT_INLINE void pending_class_wait(struct self *self, struct py_thread *t)
{
	pt_signal_fence(); /* a handler that leaves this hook for good leaves nothing to settle */
	t->held.state = PENDING_CLASS_WAITING;
	self->due |= DUE_CLASS;
}

void receiver_put(struct self *self, uint64_t owner);

/* Writes an allocation, and before it in whose method it happens.  who: stack | class << 32. */
PT_INLINE void pending_class_put(struct self *self, uint64_t who, hook_what what, uint64_t address,
                                 uint64_t size_bytes, uint64_t time, uint64_t owner)
{
	/* Both records in one chunk: an owner holds to the end of its chunk only.  There is room for it, too. */
	if (unlikely(self->pos >= self->soft_end)) {
		if (!event_writer_open_chunk(self))
			return;
		time = timestamp_event(self, address); /* none is older than its chunk */
	}
	if (unlikely(owner != self->owner))
		receiver_put(self, owner);
	event_writer_put_here(self, who, what, address, size_bytes, time);
}

/* A collection has ended in this thread. */
void pending_class_look_after_collection(struct py_thread *t);
/* Other threads ran since `before`: looks again at the block whose allocation the collection interrupts. */
void pending_class_restore_newest(struct py_thread *t, const struct unsure *before);

void pending_class_do_due_slow(struct self *self, struct py_thread *t);

/* Settles it, if it has the class that its record says. */
PT_INLINE bool pending_class_settle_expected(struct pending_class *h)
{
	if (unlikely(h->state != PENDING_CLASS_WAITING ||
	             !types_is(h->expected, (const void *)h->address)))
		return false;
	h->expected->n_built++;
	h->state = PENDING_CLASS_NONE;
	return true;
}

/* Before the next event of a thread that has the GIL: what dies in it has its class still. */
PT_INLINE void pending_class_do_due(struct self *self, struct py_thread *t)
{
	if (likely(self->due == DUE_CLASS && pending_class_settle_expected(&t->held)))
		self->due = 0;
	else
		pending_class_do_due_slow(self, t);
}

PT_INLINE uint64_t unsure_bit(uint64_t block)
{
	return 1ull << (block >> 4 & 63);
}

void pending_class_freed_slow(struct py_thread *t, uint64_t block);

/* An object block is freed. */
PT_INLINE void pending_class_freed(struct self *self, const void *block)
{
	if (unlikely(self->unsure) && self->python->unsure.filter & unsure_bit((uint64_t)block))
		pending_class_freed_slow(self->python, (uint64_t)block);
}

/* From now on the thread asks. */
void pending_class_stop(struct py_thread *t);

void pending_class_forget(struct py_thread *t);
void gil_forget(void);

#endif
