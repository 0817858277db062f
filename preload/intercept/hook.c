/*
 * What interposed functions call when malloc() and free() do not have it inline, and the events that
 * are none of either.
 */
#include "hook.h"
#include "write/trace_file.h"
#include "hook_inline.h"

/* With CPython in the process, stacks may have Python frames and blocks may have owners. */
void hook_alloc_python(struct self *self, const struct frame_start *start, uint64_t address,
                       size_t size_bytes, hook_what what)
{
	python_upcalls->put_alloc(self, start, address, size_bytes, what);
	guard_leave(self);
}

PT_HOT void hook_alloc(const struct frame_start *start, const void *address, size_t size_bytes,
                       hook_what what)
{
	hook_alloc_inline(start, address, size_bytes, what);
}

PT_HOT void hook_free(const struct frame_start *start, const void *address, hook_what what)
{
	hook_free_inline(start, address, what);
}

bool hook_realloc_begin(const struct frame_start *start, const void *old, unsigned domain)
{
	hook_free(start, old, ptc_what(PTF_OP_REALLOC_FREE, domain, 0));
	return process->generation != 0;
}

static PT_COLD void hook_undo(void)
{
	struct self *self = guard_enter(__builtin_frame_address(0));
	if (!self)
		return;
	python_settle(self);
	event_writer_put_record(self, PTF_E_UNDO, NULL, 0);
	guard_leave(self);
}

void hook_realloc_end(const struct frame_start *start, const void *address, size_t size_bytes,
                      unsigned domain)
{
	if (likely(address)) {
		hook_alloc(start, address, size_bytes, ptc_what(PTF_OP_REALLOC, domain, 0));
	} else if (size_bytes) {
		hook_failed();
		hook_undo();
	}
}

void hook_failed(void)
{
	const struct self *self = self_tls;
	if (self && self->busy == SELF_IN_NEXT)
		return; /* of the call that failed, a part */
	__atomic_fetch_add(&trace_file_live->failed_allocs, 1, __ATOMIC_RELAXED);
}

static void hook_put_region(struct self *self, const struct frame_start *start,
                            const struct hook_region *r)
{
	uint8_t payload[64];

	python_settle(self);
	uint32_t stack = unlikely(python_alert & PYTHON_READS) ? python_upcalls->stack(self, start)
	                                                       : unwind_stack(self, start);
	uint64_t now = timestamp_take(self);
	uint8_t *p = payload;
	*p++ = r->region;
	p = ptc_put_varint(p, r->address);
	p = ptc_put_varint(p, r->size_bytes);
	p = ptc_put_varint(p, stack);
	p = ptc_put_varint(p, r->old_address);
	p = ptc_put_varint(p, r->old_size_bytes);
	p = ptc_put_varint(p, now);
	event_writer_put_record(self, PTF_E_REGION, payload, (uint32_t)(p - payload));
}

void hook_region(const struct frame_start *start, const struct hook_region *r)
{
	struct self *self = self_tls;

	if (self && self_in_allocator(self)) {
		uint32_t busy = self->busy;
		self->busy = SELF_IN_HOOK;
		hook_put_region(self, start, r);
		self->busy = busy;
		return;
	}

	self = guard_enter(__builtin_frame_address(0));
	if (!self)
		return;
	hook_put_region(self, start, r);
	guard_leave(self);
}
