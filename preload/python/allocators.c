/*
 * See allocators.h.
 *
 * Each installation has its own context with the allocator that it found: initialization and
 * tracemalloc put saved allocators back, and one "original" for all would then call itself.  Only the
 * outermost wrapper counts; while it is inside the allocator (SELF_IN_ALLOCATOR) the malloc and mmap
 * below are backing store, so nothing is counted twice.
 *
 * Order of records as in interpose.c: allocate, record after; record, free after.
 */
#include "allocators.h"

#include "base/arena.h"
#include "base/clock.h"
#include "write/trace_file.h"
#include "intercept/hook.h"
#include "unwind/unwind.h"
#include "codes.h"
#include "frames.h"
#include "pending_class.h"
#include "receiver.h"
#include "python.h"
#include "stacks_inline.h"
#include "types.h"
#include "watched_blocks.h"

struct installation {
	struct allocator original;
	uint8_t domain; /* enum ptf_domain */
};

/* ---- recording ---- */

PT_INLINE void record_free(struct self *self, const struct frame_start *start, const void *block,
                           uint8_t op, uint8_t domain)
{
	uint32_t stack = domain == PTF_DOMAIN_PY_RAW ? stacks_free(self, start, domain)
	                                             : stacks_free_object(self, start, domain);
	event_writer_put(self, stack, ptc_what(op, domain, 0), (uint64_t)block, 0,
	                 timestamp_if_due(self, (uint64_t)block));
}

/* True: its beginning was not recorded, nor is its end. */
static PT_COLD bool forget_watched(const void *block)
{
	switch (watched_blocks_take(block)) {
	case WATCHED_CODE:
		codes_drop(block);
		break;
	case WATCHED_TYPE:
		types_drop(block);
		break;
	case WATCHED_STATE:
		py_count_death(&python.deaths.states);
		break;
	case WATCHED_UNRECORDED:
		return true;
	case WATCHED_NONE:
		break;
	}

	return false;
}

/*
 * While the recorder's own Python code runs (the census, say) it may drop the last reference to an object of the
 * program: that block ends like any other, or its address would seem to be given out twice.
 */
static PT_COLD void record_free_by_us(const struct frame_start *start, const void *block,
                                      uint8_t op, uint8_t domain)
{
	struct self *self = self_tls;
	if (!self || self->busy != SELF_UNTRACKED || self->inside_allocator || !process->generation)
		return;
	self->busy = SELF_IN_HOOK;
	guard_catch_up(self);
	python_settle(self);
	event_writer_put(self, unwind_caller(self, start->ip), ptc_what(op, domain, 0),
	                 (uint64_t)block, 0, timestamp_if_due(self, (uint64_t)block));
	if (domain == PTF_DOMAIN_PY_OBJ)
		pending_class_freed(self, block);
	self->busy = SELF_UNTRACKED;
}

/*
 * What an allocator asks the RAW domain for while it makes a block is that block, if it is large, or a
 * table of its own.  Tables are not recorded; those of an interpreter that ends are freed from outside
 * of its allocator, and so that is not taken for the free of an unknown block, they are watched.
 */
enum { TABLE_LEAST_BYTES = 513 }; /* the smallest request that pymalloc passes on */

static PT_COLD void note_table(const struct installation *in, const void *block, size_t n_bytes)
{
	struct self *self = self_tls;
	if (in->domain != PTF_DOMAIN_PY_RAW || n_bytes < TABLE_LEAST_BYTES || !block || !self)
		return;
	if ((self->busy == SELF_IN_ALLOCATOR || self->inside_allocator) &&
	    self->n_tables < SELF_TABLES)
		self->tables[self->n_tables++] = block;
}

/* The call has given `block`; debug allocators begin it a little behind the start of what they asked for. */
static PT_COLD void watched_blocks_tables(struct self *self, const void *block)
{
	for (unsigned i = 0; i < self->n_tables; i++)
		if ((uintptr_t)block - (uintptr_t)self->tables[i] >= TABLE_LEAST_BYTES)
			watched_blocks_add(self->tables[i], WATCHED_UNRECORDED);
	self->n_tables = 0;
}

/* The recorder's own code calls an allocator: calls below it are no events.  False: the call is the program's. */
static PT_COLD bool enter_unrecorded(void)
{
	struct self *self = self_tls;
	if (!self || self->busy != SELF_UNTRACKED || self->inside_allocator)
		return false;
	self->inside_allocator = true;
	return true;
}

static PT_COLD void leave_unrecorded(bool entered)
{
	if (entered)
		self_tls->inside_allocator = false;
}

/*
 * Nothing is recorded: the request comes from inside an allocator, or from the recorder's Python code, whose
 * blocks may outlive it on a free list.
 */
static PT_COLD void *unrecorded(const struct installation *in, bool entered, void *block,
                                size_t n_bytes)
{
	leave_unrecorded(entered);
	if (!entered) {
		note_table(in, block, n_bytes);
		return block;
	}
	watched_blocks_tables(self_tls, block);
	if (block)
		watched_blocks_add(block, WATCHED_UNRECORDED);
	return block;
}

static PT_COLD void *malloc_unrecorded(const struct installation *in, size_t n_bytes)
{
	bool entered = enter_unrecorded();
	return unrecorded(in, entered, in->original.allocate(in->original.context, n_bytes),
	                  n_bytes);
}

static PT_COLD void *calloc_unrecorded(const struct installation *in, size_t n_items,
                                       size_t n_bytes)
{
	bool entered = enter_unrecorded();
	return unrecorded(in, entered,
	                  in->original.allocate_zeroed(in->original.context, n_items, n_bytes),
	                  n_items * n_bytes);
}

static PT_COLD void free_unrecorded(const struct installation *in, const struct frame_start *start,
                                    void *block, bool ours)
{
	if (block && !ours)
		record_free_by_us(start, block, PTF_OP_FREE, in->domain);
	bool entered = enter_unrecorded();
	in->original.release(in->original.context, block);
	leave_unrecorded(entered);
}

static PT_COLD void *realloc_unrecorded(const struct installation *in,
                                        const struct frame_start *start, void *old, size_t n_bytes)
{
	if (old && !(watched_blocks_may_hold(old) && forget_watched(old)))
		record_free_by_us(start, old, PTF_OP_FREE, in->domain);
	bool entered = enter_unrecorded();
	return unrecorded(in, entered, in->original.resize(in->original.context, old, n_bytes),
	                  n_bytes);
}

static PT_COLD void record_undo(struct self *self)
{
	event_writer_put_record(self, PTF_E_UNDO, NULL, 0);
}

/* ---- the wrappers ---- */

PT_INLINE void enter_allocator(struct self *self)
{
	pt_signal_fence();
	self->busy = SELF_IN_ALLOCATOR;
	pt_signal_fence();
}

PT_INLINE void leave_allocator(struct self *self)
{
	pt_signal_fence();
	self->busy = SELF_IN_HOOK;
	pt_signal_fence();
}

/* In the thread's first event, after another thread's, while an interpreter starts or ends, or in vain.  A
 * script without imports may never call malloc() itself, which asks how far the interpreter is. */
static __attribute__((noinline)) void *allocated_slow(struct self *self,
                                                      const struct frame_start *start, void *block,
                                                      size_t n_bytes, hook_what what,
                                                      uint8_t domain)
{
	if (block)
		stacks_put_alloc(self, start, (uint64_t)block, n_bytes, what, domain);
	else
		hook_failed();
	guard_leave(self);
	if (python_alert & PYTHON_POLL)
		cpython_poll();
	return block;
}

PT_INLINE void *allocated(struct self *self, const struct frame_start *start, void *block,
                          size_t n_bytes, uint8_t op, uint8_t domain)
{
	const hook_what what = ptc_what(op, domain, 0);

	leave_allocator(self);
	if (unlikely(self->n_tables))
		watched_blocks_tables(self, block);
	if (unlikely(!block))
		return allocated_slow(self, start, block, n_bytes, what, domain);
	if (domain == PTF_DOMAIN_PY_OBJ && op == PTF_OP_MALLOC)
		types_clear_header(block, n_bytes);
	struct py_thread *t = self->running;
	const void *state = likely(t) ? stacks_state_at_hand(t) : NULL;
	if (unlikely(!state))
		return allocated_slow(self, start, block, n_bytes, what, domain);
	if (self->due)
		pending_class_do_due(self, t);
	stacks_put_entered(self, t, state, start, (uint64_t)block, n_bytes, what, domain);
	guard_leave(self);
	return block;
}

PT_INLINE void *malloc_in(const struct installation *in, size_t n_bytes, uint8_t domain)
{
	struct self *self = guard_enter_as(__builtin_frame_address(0), SELF_IN_ALLOCATOR);
	if (unlikely(!self))
		return malloc_unrecorded(in, n_bytes);
	void *block = in->original.allocate(in->original.context, n_bytes);
	return allocated(self, FRAME_START_HERE(), block, n_bytes, PTF_OP_MALLOC, domain);
}

PT_INLINE void *calloc_in(const struct installation *in, size_t n_items, size_t n_bytes,
                          uint8_t domain)
{
	struct self *self = guard_enter_as(__builtin_frame_address(0), SELF_IN_ALLOCATOR);
	if (unlikely(!self))
		return calloc_unrecorded(in, n_items, n_bytes);
	void *block = in->original.allocate_zeroed(in->original.context, n_items, n_bytes);
	return allocated(self, FRAME_START_HERE(), block, n_items * n_bytes, PTF_OP_CALLOC, domain);
}

PT_INLINE void free_in(const struct installation *in, void *block, uint8_t domain)
{
	const struct frame_start *start = FRAME_START_HERE();
	struct self *self = block ? guard_enter(__builtin_frame_address(0)) : NULL;
	bool ours = unlikely(block && watched_blocks_may_hold(block)) && forget_watched(block);

	if (unlikely(!self)) {
		free_unrecorded(in, start, block, ours);
		return;
	}

	if (likely(!ours))
		record_free(self, start, block, PTF_OP_FREE, domain);
	if (domain == PTF_DOMAIN_PY_OBJ)
		pending_class_freed(self, block);
	enter_allocator(self);
	in->original.release(in->original.context, block);
	guard_leave(self);
}

/* Of a block whose beginning was not recorded only the new one is. */
static PT_COLD void *realloc_ours(const struct installation *in, const struct frame_start *start,
                                  struct self *self, void *old, size_t n_bytes, uint8_t domain)
{
	enter_allocator(self);
	void *block = in->original.resize(in->original.context, old, n_bytes);

	leave_allocator(self);
	if (!block)
		watched_blocks_add(old, WATCHED_UNRECORDED);
	return allocated_slow(self, start, block, n_bytes, ptc_what(PTF_OP_MALLOC, domain, 0),
	                      domain);
}

PT_INLINE void *realloc_in(const struct installation *in, void *old, size_t n_bytes, uint8_t domain)
{
	const struct frame_start *start = FRAME_START_HERE();
	struct self *self = guard_enter(__builtin_frame_address(0));

	if (unlikely(!self))
		return realloc_unrecorded(in, start, old, n_bytes);
	if (unlikely(old && watched_blocks_may_hold(old)) && forget_watched(old))
		return realloc_ours(in, start, self, old, n_bytes, domain);
	if (old)
		record_free(self, start, old, PTF_OP_REALLOC_FREE, domain);
	if (old)
		pending_class_freed(self, old);
	enter_allocator(self);
	void *block = in->original.resize(in->original.context, old, n_bytes);
	if (unlikely(!block && old)) {
		leave_allocator(self);
		record_undo(self);
		enter_allocator(self);
	}

	return allocated(self, start, block, n_bytes, old ? PTF_OP_REALLOC : PTF_OP_MALLOC, domain);
}

/* Four functions for a domain, which is a constant in them. */
#define WRAPPERS(name, domain)                                                      \
	static PT_HOT void *name##_malloc(void *in, size_t n_bytes)                 \
	{                                                                           \
		return malloc_in(in, n_bytes, domain);                              \
	}                                                                           \
	static PT_HOT void *name##_calloc(void *in, size_t n_items, size_t n_bytes) \
	{                                                                           \
		return calloc_in(in, n_items, n_bytes, domain);                     \
	}                                                                           \
	static PT_HOT void *name##_realloc(void *in, void *old, size_t n_bytes)     \
	{                                                                           \
		return realloc_in(in, old, n_bytes, domain);                        \
	}                                                                           \
	static PT_HOT void name##_free(void *in, void *block)                       \
	{                                                                           \
		free_in(in, block, domain);                                         \
	}

WRAPPERS(raw, PTF_DOMAIN_PY_RAW)
WRAPPERS(mem, PTF_DOMAIN_PY_MEM)
WRAPPERS(obj, PTF_DOMAIN_PY_OBJ)

/* By CPython's number of the domain; the context is the installation. */
static const struct {
	struct allocator wrappers;
	uint8_t domain; /* enum ptf_domain */
} domains[] = {
	{{NULL, raw_malloc, raw_calloc, raw_realloc, raw_free}, PTF_DOMAIN_PY_RAW},
	{{NULL, mem_malloc, mem_calloc, mem_realloc, mem_free}, PTF_DOMAIN_PY_MEM},
	{{NULL, obj_malloc, obj_calloc, obj_realloc, obj_free}, PTF_DOMAIN_PY_OBJ},
};

/* ---- installing ---- */

static bool is_ours(const struct allocator *a)
{
	return a->allocate == raw_malloc || a->allocate == mem_malloc || a->allocate == obj_malloc;
}

bool allocators_in_place(void)
{
	struct allocator raw;
	python.api.PyMem_GetAllocator(0, &raw);
	return is_ours(&raw);
}

unsigned allocators_wrap(void)
{
	unsigned n_wrapped = 0;
	for (int domain = 0; domain < 3; domain++) {
		struct allocator original;
		python.api.PyMem_GetAllocator(domain, &original);
		if (is_ours(&original))
			continue;
		struct installation *in = arena_take(sizeof *in);
		if (!in)
			return n_wrapped;
		*in = (struct installation){original, domains[domain].domain};
		struct allocator ours = domains[domain].wrappers;
		ours.context = in;
		python.api.PyMem_SetAllocator(domain, &ours);
		n_wrapped++;
	}

	return n_wrapped;
}
