/*
 * See unwind.h.
 *
 * Cost, repeated stacks: 2-3 ns a frame (measured by `make bench`), 2-5 us for a return address
 * that is seen for the first time.
 */
#include "unwind.h"
#include "compile.h"
#include "file.h"
#include "rules.h"
#include "stackbounds.h"
#include "stacktab.h"

struct walk {
	uint64_t ip, sp, bp; /* ip: key of the next frame */
	uint64_t high;       /* end of the stack */
};

static PT_COLD uint32_t walk_learn(struct self *self, uint64_t key)
{
	uint32_t number = rules_find(key);
	if (!number && compile_mode == COMPILE_RULES)
		number = compile_rule(self, key);
	return number;
}

/* The rule of the frame behind `from`: as a rule the same as the last time. */
PT_INLINE uint32_t walk_rule(struct self *self, uint32_t from, uint64_t key)
{
	uint32_t number = __atomic_load_n(&rules[from].next, __ATOMIC_RELAXED);
	if (unlikely(rules[number].key != key)) {
		number = walk_learn(self, key);
		__atomic_store_n(&rules[from].next, number, __ATOMIC_RELAXED);
	}
	return number;
}

/* The rule of the first frame, the interposed function's caller. */
PT_INLINE uint32_t walk_leaf(struct self *self, uint64_t key)
{
	uint32_t *known = &self->leaf[(key ^ key >> 5) % SELF_LEAVES];
	if (unlikely(rules[*known].key != key))
		*known = walk_learn(self, key);
	return *known;
}

/* The interrupted registers, from the frame that the kernel made: struct rt_sigframe at sp. */
static bool walk_signal_frame(struct self *self, struct walk *w)
{
	enum { UC_BP = 120, UC_SP = 160, UC_IP = 168, UC_END = 176 };
	if (w->sp + UC_END > w->high)
		return false;
	uint64_t sp = w->sp;
	w->bp = *(uint64_t *)(sp + UC_BP);
	w->ip = *(uint64_t *)(sp + UC_IP) | RULE_EXACT;
	w->sp = *(uint64_t *)(sp + UC_SP);
	w->high = stackbounds_end(self, w->sp); /* an alternate stack ends here */
	return w->high != 0;
}

enum walk_result { WALK_ON, WALK_DONE, WALK_LOST, WALK_NEEDS_LIBUNWIND };

static PT_COLD enum walk_result walk_special(struct self *self, struct walk *w, uint32_t code)
{
	switch (rule_kind(code)) {
	case RULE_ROOT:
		return WALK_DONE;
	case RULE_SIGNAL:
		return walk_signal_frame(self, w) ? WALK_ON : WALK_LOST;
	case RULE_SLOW:
		return WALK_NEEDS_LIBUNWIND;
	case RULE_NO_INFO:
		return w->bp == 0 ? WALK_DONE : WALK_LOST;
	default:
		return WALK_LOST;
	}
}

/* From the frame of rule code `code` to its caller's. */
PT_INLINE bool walk_up(struct walk *w, uint32_t code)
{
	uint64_t cfa = (code & 1 ? w->bp : w->sp) + ((uint64_t)(code >> 1 & 0x7ffff) << 3);
	if (unlikely(cfa <= w->sp || cfa > w->high || cfa & 7))
		return false; /* not up the stack, or beyond its end */
	uint32_t bp_slot = code >> 20 & 0xff;
	w->ip = *(uint64_t *)(cfa - 8);
	if (bp_slot)
		w->bp = *(uint64_t *)(cfa - 8 * (uint64_t)bp_slot);
	w->sp = cfa;
	return true;
}

static PT_HOT enum walk_result walk(struct self *self, struct walk *w, struct unwound *out)
{
	uint32_t number = walk_leaf(self, w->ip);
	uint64_t hash = 0;
	for (;;) {
		if (unlikely(!number))
			return WALK_LOST;
		unwound_add(out, number);
		out->hash = hash = stack_hash_add(hash, number);
		uint32_t code = rules[number].code;
		if (unlikely(code >> 28)) {
			enum walk_result r = walk_special(self, w, code);
			if (r != WALK_ON)
				return r;
		} else if (unlikely(!walk_up(w, code))) {
			return WALK_LOST;
		}
		if (unlikely((w->ip & ~RULE_EXACT) == 0))
			return WALK_DONE;
		number = walk_rule(self, number, w->ip);
	}
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

void unwound_finish(struct unwound *u)
{
	const uint32_t half = PTF_MAX_FRAMES / 2;
	if (unlikely(u->n > PTF_MAX_FRAMES)) {
		unwound_rotate(u->frames + half, half, (u->n - half) % half);
		u->n = PTF_MAX_FRAMES;
		u->flags |= PTF_STACK_CUT;
		unwound_rehash(u);
	}
	u->hash = stack_hash_end(u->hash, u->flags);
}

static PT_COLD void unwind_by_libunwind(struct self *self, const struct frame_start *start, struct unwound *out)
{
	compile_backtrace(self, start, out);
	if (out->n <= PTF_MAX_FRAMES)
		unwound_rehash(out);
	unwound_finish(out);
}

PT_INLINE void unwind_walk(struct self *self, const struct frame_start *start, struct unwound *out)
{
	struct walk w = {.ip = start->ip, .sp = start->sp, .bp = start->bp};
	w.high = stackbounds_end(self, start->sp);
	out->n = 0;
	out->hash = 0;
	enum walk_result r = walk(self, &w, out);
	out->flags = r == WALK_DONE ? PTF_STACK_COMPLETE : PTF_STACK_LOST;
	if (unlikely(r == WALK_NEEDS_LIBUNWIND))
		unwind_by_libunwind(self, start, out);
	else
		unwound_finish(out);
}

void unwind_by_rules(struct self *self, const struct frame_start *start, struct unwound *out)
{
	unwind_walk(self, start, out);
}

PT_INLINE void unwind_any(struct self *self, const struct frame_start *start, struct unwound *out)
{
	out->frames = self->frames;
	if (unlikely(compile_mode == COMPILE_LIBUNWIND_ONLY))
		unwind_by_libunwind(self, start, out);
	else
		unwind_walk(self, start, out);
	if (unlikely(out->flags & (PTF_STACK_LOST | PTF_STACK_CUT)))
		__atomic_fetch_add(&file_live->truncated_stacks, 1, __ATOMIC_RELAXED);
}

PT_HOT void unwind_take(struct self *self, const struct frame_start *start, struct unwound *out)
{
	unwind_any(self, start, out);
}

PT_HOT uint32_t unwind_stack(struct self *self, const struct frame_start *start)
{
	struct unwound u;
	unwind_any(self, start, &u);
	return stacktab_intern(u.hash, u.flags, u.frames, u.n);
}

PT_HOT uint32_t unwind_caller(struct self *self, const struct frame_start *start)
{
	uint32_t number = walk_leaf(self, start->ip);
	return likely(number) ? rules_caller_stack(number) : 0;
}
