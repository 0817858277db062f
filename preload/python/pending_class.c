/* See pending_class.h. */
#include "pending_class.h"

#include "base/raw.h"
#include "constructor_calls.h"

#include <sys/uio.h>

#define TURNS 256u
static struct gil_turn
	turns[TURNS]; /* open addressing by interpreter; an entry is never given back */

struct gil_turn gil_is_not_held;

static struct gil_turn *sole_recorder_of(const void *interpreter)
{
	uint32_t start = (uint32_t)((uintptr_t)interpreter * 0x9E3779B97F4A7C15ull >> 56);
	for (uint32_t i = 0; i < TURNS; i++) {
		struct gil_turn *turn = &turns[(start + i) % TURNS];
		const void *expected = NULL;
		if (turn->interpreter == interpreter ||
		    __atomic_compare_exchange_n(&turn->interpreter, &expected, interpreter, false,
		                                __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
		    expected == interpreter)
			return turn;
	}
	return &turns[0];
}

void receiver_put(struct self *self, uint64_t owner)
{
	uint8_t payload[10];
	event_writer_put_record(self, PTF_E_OWNER, payload,
	                        (uint32_t)(ptc_put_varint(payload, owner) - payload));
	self->owner = owner;
}

/* ---- reading the class ---- */

/* A type's own block: from now on its instances are recognised. */
static PT_COLD void met_type(uint64_t block, const struct type_info *metaclass)
{
	types_add((const void *)(block + metaclass->offset));
	constructor_calls_meet_metaclass(metaclass->type);
}

/* NULL: it holds no object. */
static struct type_info *built_in(struct py_thread *t, uint64_t address, uint64_t size_bytes)
{
	struct type_info *info = types_of_block(t, (const void *)address, size_bytes);
	if (!info)
		return NULL;
	if (unlikely(info->traits & TYPE_IS_METACLASS))
		met_type(address, info);
	info->n_built++;
	return info;
}

static uint32_t class_of(struct py_thread *t, uint64_t address, uint64_t size_bytes)
{
	struct type_info *info = built_in(t, address, size_bytes);
	return info ? types_class(t, info) : 0;
}

/* Without the GIL: the block may be gone. */
static PT_COLD uint32_t class_of_copy(const struct pending_class *h)
{
	uint64_t header[TYPES_HEADER_BYTES / 8] = {0};
	uint64_t n = pt_min(h->size_bytes, (uint64_t)sizeof header);
	struct iovec to = {header, n}, from = {(void *)h->address, n};
	long copied = raw_call(SYS_process_vm_readv, raw_pid(), (long)&to, 1, (long)&from, 1, 0);
	if (copied != (long)n)
		return 0;
	const struct type_info *info = types_of_header(header, h->size_bytes);
	return info ? info->class_id : 0;
}

static void unsure_filter(struct py_thread *t)
{
	struct unsure *u = &t->unsure;
	u->filter = 0;
	for (unsigned i = 0; i < UNSURE_BLOCKS; i++)
		u->filter |= u->address[i] ? unsure_bit(u->address[i]) : 0;
	t->self->unsure = u->filter;
}

static void unsure_add(struct py_thread *t, const struct pending_class *h)
{
	struct unsure *u = &t->unsure;
	uint32_t i = u->next++ % UNSURE_BLOCKS;
	u->address[i] = h->address;
	u->size_bytes[i] = h->size_bytes;
	unsure_filter(t);
}

void pending_class_freed_slow(struct py_thread *t, uint64_t block)
{
	struct unsure *u = &t->unsure;
	for (unsigned i = 0; i < UNSURE_BLOCKS; i++)
		if (u->address[i] == block)
			u->address[i] = 0;
	unsure_filter(t);
}

/* At the place of the same type, or of the same size, or of the older one. */
static void remember_built(struct type_guess *built, uint64_t size_bytes, struct type_info *info)
{
	if (!info || !types_may_be_expected(info))
		info = &types_none;
	struct type_guess now = type_guess_of(size_bytes, info);
	for (unsigned i = 0; i < TYPES_BUILT; i++)
		if (info != &types_none && built[i].info == info) {
			built[i] = now;
			built[i].varies = true;
			return;
		}

	if (built[0].size_bytes != size_bytes)
		built[1] = built[0];
	built[0] = now;
}

/* Neither was of this size: what is elsewhere, if it was built here, too, or what has many sizes. */
PT_HOT struct type_info *pending_class_expected_slow(struct py_thread *t, struct type_guess *built,
                                                     uint64_t size_bytes)
{
	struct type_info *elsewhere = types_guess_by_size(t, size_bytes);

	if (!elsewhere || !types_may_be_expected(elsewhere))
		elsewhere = &types_none;
	for (unsigned i = 0; i < TYPES_BUILT; i++) {
		struct type_guess *b = &built[i];
		if (!b->size_bytes) {
			*b = type_guess_of(size_bytes, elsewhere);
			break;
		}
		if (b->info != &types_none &&
		    (b->info == elsewhere || (b->varies && types_fits(b->info, size_bytes)))) {
			*b = type_guess_of(size_bytes, b->info);
			b->varies = true;
			return b->info;
		}
	}

	return elsewhere;
}

static void resolve(struct py_thread *t, struct pending_class *h)
{
	struct type_info *info = built_in(t, h->address, h->size_bytes);
	h->class_id = info ? types_class(t, info) : 0;
	remember_built(h->site, h->size_bytes, info);
	if (!info && python.layout->minor <= UNSURE_LAST_MINOR && !t->collecting)
		unsure_add(t, h);
}

static bool pending_class_claim(struct pending_class *h)
{
	uint32_t waiting = PENDING_CLASS_WAITING;
	return __atomic_compare_exchange_n(&h->state, &waiting, PENDING_CLASS_BUSY, false,
	                                   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Bounded: the other thread makes one system call. */
static void await_resolved(struct pending_class *h)
{
	for (unsigned i = 0;
	     i < 10000 && __atomic_load_n(&h->state, __ATOMIC_ACQUIRE) == PENDING_CLASS_BUSY; i++)
		if (i > 100)
			raw_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static PT_COLD void resolve_for(struct py_thread *t, struct py_thread *before)
{
	__builtin_memset(before->unsure.address, 0, sizeof before->unsure.address);
	if (before->held.state == PENDING_CLASS_NONE)
		return;
	if (pending_class_claim(&before->held)) {
		before->held.class_id = class_of(t, before->held.address, before->held.size_bytes);
		__atomic_store_n(&before->held.state, PENDING_CLASS_RESOLVED, __ATOMIC_RELEASE);
	} else {
		await_resolved(&before->held);
	}
}

PT_HOT void gil_change(struct py_thread *t, const void *interpreter)
{
	if (unlikely(t->turn->interpreter != interpreter)) {
		resolve_for(t, t);
		t->turn = sole_recorder_of(interpreter);
		python.has_sub_interpreters |= interpreter != python.main_interpreter;
	}

	struct py_thread *before = t->turn->last;
	t->self->running = t;
	if (likely(before == t))
		return;
	t->turn->last = t;

	/* With a GIL each: who has gone to another interpreter allocates there now, in parallel. */
	if (before && before->turn == t->turn) {
		before->self->running = NULL;
		resolve_for(t, before);
	}
}

/* ---- settling ---- */

static PT_COLD void put_late_class(struct self *self, uint64_t address, uint32_t class_id)
{
	uint8_t payload[20];
	uint8_t *p = ptc_put_varint(payload, address);
	p = ptc_put_varint(p, class_id);
	event_writer_put_record(self, PTF_E_CLASS, payload, (uint32_t)(p - payload));
}

void pending_class_look_after_collection(struct py_thread *t)
{
	enum { LOOKS = 64 }; /* other callbacks may allocate before the collection returns */
	if (!t->unsure.filter)
		return;
	t->unsure.looks = LOOKS;
	t->self->due |= DUE_LOOKS;
}

/* A census lets other threads run, and what they may have freed is forgotten.  The block whose allocation the
 * collection interrupts is still the allocating thread's own. */
void pending_class_restore_newest(struct py_thread *t, const struct unsure *before)
{
	uint32_t newest = (before->next - 1) % UNSURE_BLOCKS;

	if (!before->address[newest])
		return;
	t->unsure.address[newest] = before->address[newest];
	t->unsure.size_bytes[newest] = before->size_bytes[newest];
	unsure_filter(t);
}

static PT_COLD void pending_class_look_again(struct self *self, struct py_thread *t)
{
	struct unsure *u = &t->unsure;
	if (!--u->looks)
		self->due &= (uint8_t)~DUE_LOOKS;
	for (unsigned i = 0; i < UNSURE_BLOCKS; i++) {
		uint32_t class_id = u->address[i] ? class_of(t, u->address[i], u->size_bytes[i])
		                                  : 0;
		if (!class_id)
			continue;
		put_late_class(self, u->address[i], class_id);
		u->address[i] = 0;
	}
}

static void resolve_without_gil(struct pending_class *h)
{
	if (!pending_class_claim(h)) {
		await_resolved(h);
		return;
	}
	h->class_id = class_of_copy(h);
	__atomic_store_n(&h->state, PENDING_CLASS_RESOLVED, __ATOMIC_RELEASE);
}

static void put_its_class(struct self *self, uint32_t class_id)
{
	uint8_t payload[10];
	event_writer_add_to_event(self, PTF_E_ITS_CLASS, payload,
	                          (uint32_t)(ptc_put_varint(payload, class_id) - payload));
}

void pending_class_settle(struct self *self, struct py_thread *t, bool has_gil)
{
	struct pending_class *h = &t->held;

	if (has_gil && pending_class_settle_expected(h)) {
		self->due &= DUE_LOOKS;
		return;
	}

	if (likely(h->state == PENDING_CLASS_WAITING && has_gil))
		resolve(t, h);
	else if (h->state != PENDING_CLASS_RESOLVED)
		resolve_without_gil(h);

	h->state = PENDING_CLASS_NONE;
	self->due &= DUE_LOOKS;
	if (h->class_id != h->expected->class_id)
		put_its_class(self, h->class_id);
}

void pending_class_stop(struct py_thread *t)
{
	t->self->running = NULL;
}

void pending_class_forget(struct py_thread *t)
{
	t->held.state = PENDING_CLASS_NONE;
	__builtin_memset(&t->unsure, 0, sizeof t->unsure);
	t->turn = &gil_is_not_held;
	t->self->due = t->self->unsure = 0;
	pending_class_stop(t);
}

PT_HOT void pending_class_do_due_slow(struct self *self, struct py_thread *t)
{
	if (self->due & DUE_CLASS)
		pending_class_settle(self, t, true);
	if (self->due & DUE_LOOKS && !t->collecting)
		pending_class_look_again(self, t);
}

void gil_forget(void)
{
	for (uint32_t i = 0; i < TURNS; i++)
		turns[i].last = NULL;
}
