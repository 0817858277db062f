/*
 * The slow sides of the guard: first events, nested calls, and what signal handlers left behind.
 */
#include "write/self.h"
#include "unwind/incremental_unwind.h"
#include "base/clock.h"
#include "write/trace_file.h"
#include "lifecycle.h"
#include "write/python_upcalls.h"
#include "base/raw.h"
#include "base/real.h"
#include "unwind/stack_bounds.h"
#include "write/event_writer.h"
#include "write/thread.h"
#include "write/page_owner.h"
#include "unwind/unwind.h"

__thread struct self *self_tls __attribute__((tls_model("initial-exec")));

/*
 * Has a longjmp (from a signal handler that interrupted a hook) left that hook?  Then its frame is
 * gone: we are at its place or above it on the same stack.  A handler on another stack proves nothing.
 */
static bool guard_is_stale(const struct self *self, uintptr_t frame)
{
	return (self->busy == SELF_IN_HOOK || self->busy == SELF_IN_NEXT) &&
	       frame >= self->busy_sp && stack_bounds_contiguous(self->busy_sp, frame);
}

void guard_catch_up(struct self *self)
{
	uint32_t now = __atomic_load_n(&process->generation, __ATOMIC_ACQUIRE); /* first */
	unwind_refresh(self);
	python_upcalls->forget_dead(self);
	self->generation = now ? now : SELF_STALE;
}

/* The abandoned hook may have half changed the coder and the chain: go on in a new chunk, from nothing. */
static struct self *guard_recover(struct self *self, const void *frame)
{
	self->soft_end = NULL;
	self->busy_sp = (uintptr_t)frame;
	last_walks_forget(self);
	guard_catch_up(self);
	return self;
}

PT_COLD struct self *guard_enter_slow(const void *frame)
{
	if (unlikely(!process->generation) && !lifecycle_new_process())
		return NULL;
	struct self *self = self_tls;
	if (!self)
		self = thread_take();
	if (!self) {
		if (!trace_file_stopped()) /* else guard_missed() counts it */
			trace_file_count_lost(PTF_LOST_NO_THREAD, 1);
		return NULL;
	}

	if (self_is_busy(self))
		return guard_is_stale(self, (uintptr_t)frame) ? guard_recover(self, frame) : NULL;
	guard_catch_up(self);
	self->busy_sp = (uintptr_t)frame;
	self->busy = SELF_IN_HOOK;
	pt_signal_fence();
	return self;
}

/* Kept without a stack: the interrupted hook may be in the middle of taking one. */
static void guard_keep(struct self *self, const struct pending *event)
{
	uint32_t n = self->n_pending;
	if (n == SELF_PENDING) {
		trace_file_count_lost(PTF_LOST_NESTED, 1);
		return;
	}
	self->n_pending = n + 1; /* first, for a handler that interrupts this one */
	pt_signal_fence();
	self->pending[n] = *event;
	page_owner_clear(event->address); /* whoever has its page marked did not see this */
}

static void guard_write_pending(struct self *self, const struct pending *p)
{
	event_writer_put(self, unwind_caller(self, p->ip), p->what, p->address, p->size_bytes,
	                 p->time);
}

/* While an allocator behind ours works: what others call then, a signal handler or a new-handler, are events
 * like any other; no hook is under way. */
static void guard_write_nested(struct self *self, const struct pending *event)
{
	self->busy = SELF_IN_HOOK;
	pt_signal_fence();
	python_settle(self);
	guard_write_pending(self, event);
	pt_signal_fence();
	self->busy = SELF_IN_NEXT;
}

PT_COLD void guard_missed(uint64_t ip, uint32_t what, uint64_t address, uint64_t size_bytes)
{
	struct self *self = self_tls;
	if (trace_file_stopped())
		trace_file_count_lost(PTF_LOST_STOPPED, 1);
	else if (self && self->busy == SELF_IN_HOOK)
		guard_keep(self, &(struct pending){address, size_bytes, clock_units(), ip, what});
	else if (self && self->busy == SELF_IN_NEXT && !real_is_allocator(ip))
		guard_write_nested(self,
		                   &(struct pending){address, size_bytes, clock_units(), ip, what});
}

/* Empties the queue, unless a handler has added to it since its n entries were read. */
static bool guard_forget_pending(struct self *self, uint32_t n)
{
	return __atomic_compare_exchange_n(&self->n_pending, &n, 0, false, __ATOMIC_RELAXED,
	                                   __ATOMIC_RELAXED);
}

/* Signal handlers may add to the queue while it is read; it is emptied only when it was read to its end. */
PT_COLD void guard_drain(struct self *self)
{
	while (self->n_pending) {
		self->busy = SELF_IN_HOOK;
		pt_signal_fence();
		python_settle(self);

		uint32_t n = 0;
		do {
			while (n < self->n_pending)
				guard_write_pending(self, &self->pending[n++]);
		} while (!guard_forget_pending(self, n));

		self_set_idle(self);
		pt_signal_fence();
	}
}
