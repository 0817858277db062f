/*
 * One event: guard -> stack -> time -> put.  malloc() and free() have it inline; all else calls
 * hook_alloc() and hook_free(), which are the same.
 *
 * Cost of a known stack: guard 1-2 ns, stack see incremental_unwind.c, clock see timestamp.h, put 4-6 ns.  In
 * instructions: 193 an allocation with four frames, 117 a release.
 */
#ifndef PT_HOOK_INLINE_H
#define PT_HOOK_INLINE_H

#include "hook.h"
#include "write/python_upcalls.h"
#include "write/event_writer.h"
#include "unwind/unwind.h"

/* The end of every hook: time, record, guard. */
PT_INLINE void hook_put(struct self *self, uint32_t stack, hook_what what, uint64_t address,
                        size_t size_bytes)
{
	event_writer_put(self, stack, what, address, size_bytes, timestamp_if_due(self, address));
	guard_leave(self);
}

/* With CPython in the process, stacks may have Python frames and blocks may have owners. */
void hook_alloc_python(struct self *self, const struct frame_start *start, uint64_t address,
                       size_t size_bytes, hook_what what);

PT_INLINE void hook_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                              size_t size_bytes, hook_what what)
{
	if (unlikely(python_alert & PYTHON_READS)) {
		hook_alloc_python(self, start, address, size_bytes, what);
		return;
	}
	python_settle(self);
	hook_put(self, unwind_stack(self, start), what, address, size_bytes);
}

PT_INLINE void hook_alloc_inline(const struct frame_start *start, const void *address,
                                 size_t size_bytes, hook_what what)
{
	if (unlikely(python_alert & PYTHON_POLL))
		python_upcalls->poll();
	struct self *self = guard_enter(__builtin_frame_address(0));
	if (unlikely(!self))
		guard_missed(start->ip, what, (uint64_t)address, size_bytes);
	else
		hook_put_alloc(self, start, (uint64_t)address, size_bytes, what);
}

/* Who frees: the caller, and for a sample the whole stack. */
PT_INLINE uint32_t hook_free_stack(struct self *self, const struct frame_start *start)
{
	if (unlikely(python_alert & PYTHON_READS))
		return python_upcalls->free_stack(self, start);
	python_settle(self);
	if (unlikely(event_writer_whole_free_due(self, EVENT_WRITER_WHOLE_FREE_EVERY)))
		return unwind_free_stack(self, start);
	return unwind_caller(self, start->ip);
}

PT_INLINE void hook_free_inline(const struct frame_start *start, const void *address,
                                hook_what what)
{
	struct self *self = guard_enter(__builtin_frame_address(0));
	if (unlikely(!self))
		guard_missed(start->ip, what, (uint64_t)address, 0);
	else
		hook_put(self, hook_free_stack(self, start), what, (uint64_t)address, 0);
}

#endif
