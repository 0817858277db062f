/*
 * One event: guard -> stack -> time -> put.
 *
 * Cost of a known stack: guard 1-2 ns, stack 2-3 ns a frame, clock 9 ns on each sixteenth event (on
 * each one once the process has threads), put 4-6 ns.
 */
#include "hook.h"
#include "clock.h"
#include "file.h"
#include "python/python.h"
#include "stream.h"
#include "unwind.h"

PT_INLINE void hook_put_alloc(struct self *self, const struct frame_start *start, struct ptc_event *e)
{
	if (unlikely(python_alert & PYTHON_READS)) {
		python_put_alloc(self, start, e);
		return;
	}
	python_settle(self);
	e->stack = unwind_stack(self, start);
	stream_stamp(self, e);
	stream_put(self, e);
}

PT_HOT void hook_alloc(struct frame_start start, const void *address, size_t size_bytes, struct hook_what what)
{
	if (unlikely(python_alert & PYTHON_POLL))
		python_poll();
	struct self *self = guard_enter(__builtin_frame_address(0));
	struct ptc_event e = {.address = (uint64_t)address,
	                      .size_bytes = size_bytes,
	                      .op = what.op,
	                      .domain = what.domain,
	                      .align_log2 = what.align_log2};
	if (unlikely(!self)) {
		guard_missed(&e, &start);
		return;
	}
	hook_put_alloc(self, &start, &e);
	guard_leave(self);
}

/* Who frees: the caller, and for a sample the whole stack. */
PT_INLINE uint32_t hook_free_stack(struct self *self, const struct frame_start *start)
{
	if (unlikely(python_alert & PYTHON_READS))
		return python_free_stack(self, start);
	python_settle(self);
	if (unlikely(stream_whole_free_due(self)))
		return unwind_stack(self, start);
	return unwind_caller(self, start);
}

PT_HOT void hook_free(struct frame_start start, const void *address, struct hook_what what)
{
	struct self *self = guard_enter(__builtin_frame_address(0));
	struct ptc_event e = {.address = (uint64_t)address, .op = what.op, .domain = what.domain};
	if (unlikely(!self)) {
		guard_missed(&e, &start);
		return;
	}
	e.stack = hook_free_stack(self, &start);
	stream_stamp(self, &e);
	stream_put(self, &e);
	guard_leave(self);
}

bool hook_realloc_begin(struct frame_start start, const void *old, struct hook_what what)
{
	what.op = PTF_OP_REALLOC_FREE;
	hook_free(start, old, what);
	return process->generation != 0;
}

static PT_COLD void hook_undo(void)
{
	struct self *self = guard_enter(__builtin_frame_address(0));
	if (!self)
		return;
	python_settle(self);
	stream_put_record(self, PTF_E_UNDO, NULL, 0);
	guard_leave(self);
}

void hook_realloc_end(struct frame_start start, const void *address, size_t size_bytes, struct hook_what what)
{
	what.op = PTF_OP_REALLOC;
	if (likely(address))
		hook_alloc(start, address, size_bytes, what);
	else if (size_bytes) {
		hook_failed();
		hook_undo();
	}
}

void hook_failed(void)
{
	__atomic_fetch_add(&file_live->failed_allocs, 1, __ATOMIC_RELAXED);
}

static void hook_put_region(struct self *self, const struct frame_start *start, const struct hook_region *r)
{
	uint8_t payload[64];
	python_settle(self);
	uint32_t stack = unlikely(python_alert & PYTHON_READS) ? python_stack(self, start) : unwind_stack(self, start);
	uint8_t *p = payload;
	*p++ = r->region;
	p = ptc_put_varint(p, r->address);
	p = ptc_put_varint(p, r->size_bytes);
	p = ptc_put_varint(p, stack);
	p = ptc_put_varint(p, r->old_address);
	p = ptc_put_varint(p, r->old_size_bytes);
	p = ptc_put_varint(p, clock_units());
	stream_put_record(self, PTF_E_REGION, payload, (uint32_t)(p - payload));
}

void hook_region(struct frame_start start, const struct hook_region *r)
{
	struct self *self = self_tls;
	if (self && self->busy == SELF_IN_ALLOCATOR) {
		self->busy = SELF_IN_HOOK;
		hook_put_region(self, &start, r);
		self->busy = SELF_IN_ALLOCATOR;
		return;
	}
	self = guard_enter(__builtin_frame_address(0));
	if (!self)
		return;
	hook_put_region(self, &start, r);
	guard_leave(self);
}
