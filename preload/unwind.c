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

PT_COLD uint32_t unwind_learn(struct self *self, uint64_t key)
{
	uint32_t number = rules_find(key);
	if (!number && compile_mode == COMPILE_RULES)
		number = compile_rule(self, key);
	return number;
}

/* Where in the previous walk (its frames at `sp`, ascending) the stack pointer was this one. */
PT_INLINE uint32_t expect_at(const uint64_t *sp, uint32_t i, uint32_t n, uint64_t wanted)
{
	i = i < n ? i : n;
	while (i && sp[i - 1] >= wanted)
		i--;
	while (i < n && sp[i] < wanted)
		i++;
	return i;
}

/* A frame's rule, and where the previous walk was. */
struct expected {
	uint32_t number, index;
};

/* The rule of a frame that was not the expected one; `from` is the frame before, `index` the place in
 * the previous walk that was expected to be this frame. */
static __attribute__((noinline)) struct expected
walk_unexpected(struct self *self, uint32_t from, uint32_t index, uint64_t key, uint64_t sp)
{
	uint32_t old = self->walk, n = self->walk_n[old];
	struct expected x = {__atomic_load_n(&rules[from].next, __ATOMIC_RELAXED),
	                     expect_at(self->frame_sp[old], index, n, sp)};
	if (rules[x.number].key == key)
		return x;
	x.number = x.index < n ? self->frames[old][x.index] : 0;
	if (rules[x.number].key == key)
		return x;
	x.number = unwind_learn(self, key);
	__atomic_store_n(&rules[from].next, x.number, __ATOMIC_RELAXED);
	return x;
}

/* The interrupted registers, from the frame that the kernel made: struct rt_sigframe at sp. */
static bool walk_signal_frame(struct self *self, struct walk *w)
{
	enum { UC_BP = 120, UC_SP = 160, UC_IP = 168, UC_END = 176 };
	if (w->sp + UC_END > w->high && w->sp + UC_END > stackbounds_extend(self, w->sp + UC_END))
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

/* From the frame of rule code `code` to its caller's; false: that is not up this stack. */
PT_INLINE bool walk_up(struct walk *w, uint32_t code)
{
	uint64_t cfa = w->sp;
	if (code & 1) {
		cfa = w->bp;
		if (unlikely(cfa < w->sp))
			return false;
	}
	cfa += (uint64_t)(code >> 1 & 0x7ffff) << 3;
	if (unlikely(cfa > w->high))
		return false;
	uint32_t bp_slot = code >> 20 & 0xff;
	w->ip = *(uint64_t *)(cfa - 8);
	if (bp_slot)
		w->bp = *(uint64_t *)(cfa - 8 * (uint64_t)bp_slot);
	w->sp = cfa;
	return true;
}

/* The same when the frame ends beyond what is known to be readable. */
static __attribute__((noinline)) bool walk_up_beyond(struct self *self, struct walk *w,
                                                     uint32_t code)
{
	uint64_t cfa = (code & 1 ? w->bp : w->sp) + ((uint64_t)(code >> 1 & 0x7ffff) << 3);
	if (cfa <= w->high)
		return false;
	w->high = stackbounds_extend(self, cfa);
	return walk_up(w, code);
}

PT_INLINE bool walk_is_at_root(const struct walk *w)
{
	return (w->ip & ~RULE_EXACT) == 0;
}

/* Beyond PTF_MAX_FRAMES: frames overwrite the middle. */
static PT_COLD enum walk_result walk_deep(struct self *self, struct walk w, uint32_t number,
                                          struct unwound *out)
{
	for (;;) {
		unwound_add(out, number);
		uint32_t code = rules[number].code;
		enum walk_result r = code >> 28 ? walk_special(self, &w, code)
		                     : walk_up(&w, code) || walk_up_beyond(self, &w, code)
		                             ? WALK_ON
		                             : WALK_LOST;
		if (r != WALK_ON)
			return r;
		if (walk_is_at_root(&w))
			return WALK_DONE;
		number = walk_unexpected(self, number, 0, w.ip, w.sp).number;
		if (!number)
			return WALK_LOST;
	}
}

/*
 * The loop of the hot path.  Each frame is first expected to be what the previous walk found there:
 * that load does not depend on the frame before, so that the frames of a known stack overlap.  Keep
 * addresses of the locals out of it, or they live in memory and each frame waits for a store.
 */
PT_INLINE enum walk_result walk(struct self *self, const struct frame_start *start,
                                struct unwound *out)
{
	struct walk w = {start->ip, start->sp, start->bp, stackbounds_end(self, start->sp)};
	const struct rule *const table = rules;
	const uint32_t old = self->walk, new = old ^ 1;
	const uint32_t *expect = self->frames[old];
	uint32_t *const frames = self->frames[new];
	uint64_t *const sp = self->frame_sp[new];
	enum walk_result result = WALK_LOST;
	uint32_t number = unwind_leaf(self, w.ip);
	uint32_t n = 0;
	uint64_t hash = 0;
	while (likely(number)) {
		if (unlikely(n == PTF_MAX_FRAMES)) {
			out->n = n;
			out->frames = frames;
			result = walk_deep(self, w, number, out);
			n = out->n;
			break;
		}
		frames[n] = number;
		sp[n++] = w.sp;
		hash = stack_hash_add(hash, number);
		uint32_t code = table[number].code, from = number;
		if (likely(!(code >> 28))) {
			if (unlikely(!walk_up(&w, code))) {
				struct walk at = w;
				if (!walk_up_beyond(self, &at, code))
					break;
				w = at;
			}
		} else if (likely(rule_kind(code) == RULE_ROOT)) {
			result = WALK_DONE;
			break;
		} else {
			struct walk at = w;
			result = walk_special(self, &at, code);
			if (result != WALK_ON)
				break;
			result = WALK_LOST;
			w = at;
		}
		number = *++expect;
		if (unlikely(table[number].key != w.ip)) {
			if (walk_is_at_root(&w)) {
				result = WALK_DONE;
				break;
			}
			struct expected x = walk_unexpected(
				self, from, (uint32_t)(expect - self->frames[old]), w.ip, w.sp);
			number = x.number;
			expect = &self->frames[old][x.index];
		}
	}
	self->walk = (uint8_t) new;
	self->walk_n[new] = pt_min(n, PTF_MAX_FRAMES);
	out->frames = frames;
	out->n = n;
	out->hash = hash;
	return result;
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
	const uint32_t half = PTF_MAX_FRAMES / 2;
	unwound_rotate(u->frames + half, half, (u->n - half) % half);
	u->n = PTF_MAX_FRAMES;
	u->flags |= PTF_STACK_CUT;
	unwound_rehash(u);
}

static PT_COLD void unwind_by_libunwind(struct self *self, const struct frame_start *start,
                                        struct unwound *out)
{
	out->frames = self->frames[self->walk];
	compile_backtrace(self, start, out);
	if (out->n <= PTF_MAX_FRAMES)
		unwound_rehash(out);
	unwound_finish(out);
}

PT_INLINE void unwind_walk(struct self *self, const struct frame_start *start, struct unwound *out)
{
	enum walk_result r = walk(self, start, out);
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
