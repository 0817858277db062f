/*
 * See unwind.h.
 *
 * Cost: incremental_unwind.c says what a stack like the last one costs; frame by frame 5-8 ns each; 2-5 us for a
 * return address that is seen for the first time.
 */
#include "unwind.h"
#include "incremental_unwind.h"
#include "unwind/cfi_unwind.h"
#include "unwind/deep_stack.h"
#include "write/trace_file.h"
#include "base/own_memory.h"
#include "base/raw.h"
#include "unwind_rules.h"
#include "stack_bounds.h"
#include "stack_table.h"

PT_COLD uint64_t unwind_learn(struct self *self, uint64_t key)
{
	(void)self;
	return unwind_mode == UNWIND_BY_RULES ? cfi_make_rule(key) : unwind_rules_find(key);
}

PT_COLD void unwind_forget(struct self *self)
{
	self->unwind_rules_generation = __atomic_load_n(&unwind_rules_generation, __ATOMIC_ACQUIRE);
	memset(self->callers, 0, sizeof self->callers);
	last_walks_forget(self);
}

__attribute__((noinline)) uint32_t unwind_define_caller(struct self *self,
                                                        struct caller_stack *known, uint64_t ip)
{
	uint64_t rule = unwind_rule(self, ip);
	if (!rule)
		return 0;
	*known = (struct caller_stack){ip, unwind_rules_caller_stack(rule_ref_number(rule))};
	return known->stack;
}

/* The interrupted registers, from the frame that the kernel made: struct rt_sigframe at sp. */
static bool walk_signal_frame(struct self *self, struct walk *w)
{
	enum { UC_BP = 120, UC_SP = 160, UC_IP = 168, UC_END = 176 };
	if (w->sp + UC_END > w->high &&
	    w->sp + UC_END > stack_bounds_extend(self, w->high, w->sp + UC_END))
		return false;
	uint64_t sp = w->sp;
	w->bp = *(uint64_t *)(sp + UC_BP);
	w->ip = *(uint64_t *)(sp + UC_IP) | RULE_EXACT;
	w->sp = *(uint64_t *)(sp + UC_SP);
	w->high = stack_bounds_end(self, w->sp); /* an alternate stack ends here */
	return w->high != 0;
}

enum walk_result { WALK_ON, WALK_DONE, WALK_LOST, WALK_NEEDS_REGISTERS, WALK_REST_KNOWN };

static PT_COLD enum walk_result walk_special(struct self *self, struct walk *w, uint32_t code)
{
	switch (rule_kind(code)) {
	case RULE_ROOT:
		return WALK_DONE;
	case RULE_SIGNAL:
		return walk_signal_frame(self, w) ? WALK_ON : WALK_LOST;
	case RULE_SLOW:
		return WALK_NEEDS_REGISTERS;
	case RULE_NO_INFO:
		return w->bp == 0 ? WALK_DONE : WALK_LOST;
	default:
		return WALK_LOST;
	}
}

bool walk_up_beyond(struct self *self, struct walk *w, uint32_t code)
{
	uint64_t cfa = walk_cfa(w, code);
	if (cfa <= w->high)
		return false;
	w->high = stack_bounds_extend(self, w->high, cfa);
	return walk_up(w, code);
}

static enum walk_result walk_step(struct self *self, struct walk *w, uint32_t code)
{
	if (unlikely(code >> 28))
		return walk_special(self, w, code);
	return walk_up(w, code) || walk_up_beyond(self, w, code) ? WALK_ON : WALK_LOST;
}

/* Frame by frame: what has signal frames, what is deep, what is cut.  WALK_REST_KNOWN: out has its flags. */
static enum walk_result unwind_walk(struct self *self, const struct frame_start *start,
                                    struct unwound *out)
{
	uint64_t sp = frame_start_sp(start);
	struct walk w = {start->ip, sp, start->bp, stack_bounds_end(self, sp)};

	do {
		uint64_t rule = unwind_rule(self, w.ip);
		if (!rule)
			return WALK_LOST;
		if (deep_stack_reach(self, w.sp, w.ip, out))
			return WALK_REST_KNOWN;
		unwound_add(out, rule_ref_number(rule));
		enum walk_result r = walk_step(self, &w, rule_ref_code(rule));
		if (r != WALK_ON)
			return r;
	} while (w.ip & ~RULE_EXACT);

	return WALK_DONE;
}

static void unwound_rotate(uint32_t *a, uint32_t n, uint32_t by)
{
	static const uint32_t piece = 64;
	uint32_t head[64];
	while (by) {
		uint32_t k = by < piece ? by : piece;
		memcpy(head, a, k * sizeof *a);
		memmove(a, a + k, (n - k) * sizeof *a);
		memcpy(a + n - k, head, k * sizeof *a);
		by -= k;
	}
}

static void unwound_rehash(struct unwound *u)
{
	u->hash = 0;
	for (uint32_t i = 0; i < u->n; i++)
		u->hash = stack_hash_add(u->hash, u->frames[i]);
}

PT_COLD void unwound_unroll(struct unwound *u)
{
	const uint32_t half = DEEP_FRAMES;
	unwound_rotate(u->frames + half, half, (u->n - half) % half);
	u->n = PTF_MAX_FRAMES;
	u->flags |= PTF_STACK_CUT;
	unwound_rehash(u);
}

/* Order, hash, and what is remembered of it. */
static void unwind_finish(struct self *self, const struct frame_start *start, uint32_t share,
                          struct unwound *out)
{
	uint32_t n = out->n;
	if (n <= PTF_MAX_FRAMES)
		unwound_rehash(out);
	unwound_finish(out);
	deep_stack_finish(self, frame_start_sp(start), n, share, out);
}

static PT_COLD void unwind_by_registers(struct self *self, const struct frame_start *start,
                                        struct unwound *out)
{
	cfi_backtrace(self, start, out);
	unwind_finish(self, start, DEEP_FRAMES_AN_EVENT_REGISTERS, out);
}

void unwind_by_rules(struct self *self, const struct frame_start *start, struct unwound *out)
{
	*out = (struct unwound){.frames = self->frames};
	enum walk_result r = unwind_walk(self, start, out);
	if (r == WALK_NEEDS_REGISTERS) {
		unwind_by_registers(self, start, out);
		return;
	}
	if (r != WALK_REST_KNOWN)
		out->flags = r == WALK_DONE ? PTF_STACK_COMPLETE : PTF_STACK_LOST;
	unwind_finish(self, start, DEEP_FRAMES_AN_EVENT, out);
}

/* What the chain cannot express. */
static __attribute__((noinline)) void
unwind_slow(struct self *self, const struct frame_start *start, struct unwound *out)
{
	if (unwind_mode == UNWIND_ALL_REGISTERS) {
		*out = (struct unwound){.frames = self->frames};
		unwind_by_registers(self, start, out);
	} else {
		unwind_by_rules(self, start, out);
	}
	if (out->flags & (PTF_STACK_LOST | PTF_STACK_CUT))
		__atomic_fetch_add(&trace_file_live->truncated_stacks, 1, __ATOMIC_RELAXED);
}

enum which { ALLOCS, RELEASES };

PT_INLINE struct last_walk *last_walk_of(struct self *self, enum which which)
{
	return which == ALLOCS ? &self->last_walks->allocs : &self->last_walks->releases;
}

/* Without memory for chains stacks are taken frame by frame. */
static __attribute__((noinline)) bool last_walks_make(struct self *self)
{
	if (unwind_mode == UNWIND_BY_RULES)
		self->last_walks = own_map(sizeof *self->last_walks);
	if (self->last_walks)
		self->last_walks->fresh.room = PTF_MAX_FRAMES;
	return self->last_walks != NULL;
}

PT_INLINE bool has_chains(struct self *self)
{
	return likely(self->last_walks) || last_walks_make(self);
}

PT_INLINE bool unwind_by_chain(struct self *self, struct last_walk *c,
                               const struct frame_start *start)
{
	return last_walk_take(self, c, start->ip, frame_start_sp(start), start->bp);
}

static uint64_t unwind_chain_hash(const struct last_walk *c)
{
	return stack_hash_end(c->hash, PTF_STACK_COMPLETE);
}

PT_INLINE void unwind_take_by(struct self *self, enum which which, const struct frame_start *start,
                              struct unwound *out)
{
	if (likely(has_chains(self) && unwind_by_chain(self, last_walk_of(self, which), start)))
		*out = (struct unwound){
			.frames = self->frames,
			.n = last_walk_frames(last_walk_of(self, which), self->frames),
			.flags = PTF_STACK_COMPLETE,
			.hash = unwind_chain_hash(last_walk_of(self, which)),
		};
	else
		unwind_slow(self, start, out);
}

PT_HOT void unwind_take(struct self *self, const struct frame_start *start, struct unwound *out)
{
	unwind_take_by(self, ALLOCS, start, out);
}

/* A stack that the trace does not have yet, or none that a chain can express. */
static __attribute__((noinline)) uint32_t new_stack(struct self *self, enum which which,
                                                    const struct frame_start *start)
{
	struct unwound u;
	unwind_take_by(self, which, start, &u);
	return stack_table_intern(u.hash, u.flags, u.frames, u.n);
}

/* A stack that is not the one kept for these registers.  It is jumped to, for the reason that
 * last_walk_mend() has. */
static __attribute__((noinline)) uint32_t other_stack(struct self *self, enum which which,
                                                      struct stack_cache_entry *e,
                                                      const struct frame_start *start)
{
	struct last_walk *c = last_walk_of(self, which);
	if (unlikely(!unwind_by_chain(self, c, start)))
		return new_stack(self, which, start);
	uint64_t hash = unwind_chain_hash(c);
	uint32_t id = stack_table_find(hash);
	if (unlikely(!id))
		return new_stack(self, which, start);
	if (likely(last_walk_lasts(self, c)))
		stack_cache_learn(&self->last_walks->stack_cache, e, c, hash, id);
	return id;
}

/* The same where its hash is wanted. */
static __attribute__((noinline)) uint64_t other_hash(struct self *self, struct stack_cache_entry *e,
                                                     const struct frame_start *start)
{
	struct last_walk *c = last_walk_of(self, ALLOCS);
	if (unlikely(!unwind_by_chain(self, c, start)))
		return 0;
	uint64_t hash = unwind_chain_hash(c);
	if (likely(last_walk_lasts(self, c)))
		stack_cache_learn(&self->last_walks->stack_cache, e, c, hash, 0);
	return hash;
}

PT_INLINE struct stack_cache_entry *unwind_entry_of(struct self *self,
                                                    const struct frame_start *start)
{
	return stack_cache_entry(&self->last_walks->stack_cache, start->ip, frame_start_sp(start));
}

PT_HOT uint64_t unwind_hash_slow(struct self *self, const struct frame_start *start)
{
	if (unlikely(!has_chains(self)))
		return 0;
	return other_hash(self, unwind_entry_of(self, start), start);
}

PT_HOT uint32_t unwind_stack_slow(struct self *self, const struct frame_start *start)
{
	if (unlikely(!has_chains(self)))
		return new_stack(self, ALLOCS, start);
	return other_stack(self, ALLOCS, unwind_entry_of(self, start), start);
}

PT_HOT uint32_t unwind_free_stack(struct self *self, const struct frame_start *start)
{
	const struct stack_cache_entry *found = unwind_at_hand(self, start);
	if (likely(found && found->stack))
		return found->stack;
	if (unlikely(!has_chains(self)))
		return new_stack(self, RELEASES, start);
	return other_stack(self, RELEASES, unwind_entry_of(self, start), start);
}
