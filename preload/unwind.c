/*
 * See unwind.h.
 *
 * Cost: chain.c says what a stack like the last one costs; frame by frame 5-8 ns each; 2-5 us for a
 * return address that is seen for the first time.
 */
#include "unwind.h"
#include "chain.h"
#include "compile.h"
#include "file.h"
#include "raw.h"
#include "rules.h"
#include "stackbounds.h"
#include "stacktab.h"

PT_COLD uint64_t unwind_learn(struct self *self, uint64_t key)
{
	if (compile_mode == COMPILE_RULES)
		compile_rule(self, key);
	return rules_find(key);
}

PT_COLD void unwind_forget(struct self *self)
{
	self->rules_epoch = __atomic_load_n(&rules_epoch, __ATOMIC_ACQUIRE);
	memset(self->callers, 0, sizeof self->callers);
	chains_forget(self);
}

__attribute__((noinline)) uint32_t unwind_define_caller(struct self *self,
                                                        struct known_caller *known, uint64_t ip)
{
	uint64_t rule = unwind_rule(self, ip);
	if (!rule)
		return 0;
	*known = (struct known_caller){ip, rules_caller_stack(rule_number(rule))};
	return known->stack;
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

bool walk_up_beyond(struct self *self, struct walk *w, uint32_t code)
{
	uint64_t cfa = walk_cfa(w, code);
	if (cfa <= w->high)
		return false;
	w->high = stackbounds_extend(self, cfa);
	return walk_up(w, code);
}

static enum walk_result walk_step(struct self *self, struct walk *w, uint32_t code)
{
	if (unlikely(code >> 28))
		return walk_special(self, w, code);
	return walk_up(w, code) || walk_up_beyond(self, w, code) ? WALK_ON : WALK_LOST;
}

/* Frame by frame: what has signal frames, what is deep, what is cut. */
static enum walk_result walk(struct self *self, const struct frame_start *start,
                             struct unwound *out)
{
	uint64_t sp = frame_start_sp(start);
	struct walk w = {start->ip, sp, start->bp, stackbounds_end(self, sp)};
	do {
		uint64_t rule = unwind_rule(self, w.ip);
		if (!rule)
			return WALK_LOST;
		unwound_add(out, rule_number(rule));
		enum walk_result r = walk_step(self, &w, rule_code(rule));
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
	const uint32_t half = PTF_MAX_FRAMES / 2;
	unwound_rotate(u->frames + half, half, (u->n - half) % half);
	u->n = PTF_MAX_FRAMES;
	u->flags |= PTF_STACK_CUT;
	unwound_rehash(u);
}

static PT_COLD void unwind_by_libunwind(struct self *self, const struct frame_start *start,
                                        struct unwound *out)
{
	compile_backtrace(self, start, out);
	if (out->n <= PTF_MAX_FRAMES)
		unwound_rehash(out);
	unwound_finish(out);
}

void unwind_by_rules(struct self *self, const struct frame_start *start, struct unwound *out)
{
	*out = (struct unwound){.frames = self->frames};
	enum walk_result r = walk(self, start, out);
	out->flags = r == WALK_DONE ? PTF_STACK_COMPLETE : PTF_STACK_LOST;
	if (r == WALK_NEEDS_LIBUNWIND) {
		unwind_by_libunwind(self, start, out);
		return;
	}
	if (out->n <= PTF_MAX_FRAMES)
		unwound_rehash(out);
	unwound_finish(out);
}

/* What the chain cannot express. */
static __attribute__((noinline)) void
unwind_otherwise(struct self *self, const struct frame_start *start, struct unwound *out)
{
	if (compile_mode == COMPILE_LIBUNWIND_ONLY) {
		*out = (struct unwound){.frames = self->frames};
		unwind_by_libunwind(self, start, out);
	} else {
		unwind_by_rules(self, start, out);
	}
	if (out->flags & (PTF_STACK_LOST | PTF_STACK_CUT))
		__atomic_fetch_add(&file_live->truncated_stacks, 1, __ATOMIC_RELAXED);
}

enum which { ALLOCS, RELEASES };

PT_INLINE struct chain *chain_of(struct self *self, enum which which)
{
	return which == ALLOCS ? &self->chains->allocs : &self->chains->releases;
}

/* Without memory for chains stacks are taken frame by frame. */
static __attribute__((noinline)) bool chains_make(struct self *self)
{
	if (compile_mode == COMPILE_RULES)
		self->chains = raw_map_anon(sizeof *self->chains);
	return self->chains != NULL;
}

PT_INLINE bool has_chains(struct self *self)
{
	return likely(self->chains) || chains_make(self);
}

PT_INLINE bool unwind_by_chain(struct self *self, struct chain *c, const struct frame_start *start)
{
	return chain_take(self, c, start->ip, frame_start_sp(start), start->bp);
}

static uint64_t unwind_chain_hash(const struct chain *c)
{
	return stack_hash_end(c->hash, PTF_STACK_COMPLETE);
}

PT_INLINE void take(struct self *self, enum which which, const struct frame_start *start,
                    struct unwound *out)
{
	if (likely(has_chains(self) && unwind_by_chain(self, chain_of(self, which), start)))
		*out = (struct unwound){
			.frames = self->frames,
			.n = chain_frames(chain_of(self, which), self->frames),
			.flags = PTF_STACK_COMPLETE,
			.hash = unwind_chain_hash(chain_of(self, which)),
		};
	else
		unwind_otherwise(self, start, out);
}

PT_HOT void unwind_take(struct self *self, const struct frame_start *start, struct unwound *out)
{
	take(self, ALLOCS, start, out);
}

/* A stack that the trace does not have yet, or none that a chain can express. */
static __attribute__((noinline)) uint32_t new_stack(struct self *self, enum which which,
                                                    const struct frame_start *start)
{
	struct unwound u;
	take(self, which, start, &u);
	return stacktab_intern(u.hash, u.flags, u.frames, u.n);
}

/* A stack that is not the one kept for these registers.  It is jumped to, for the reason that
 * chain_mend() has. */
static __attribute__((noinline)) uint32_t other_stack(struct self *self, enum which which,
                                                      struct memo_entry *e,
                                                      const struct frame_start *start)
{
	struct chain *c = chain_of(self, which);
	if (unlikely(!unwind_by_chain(self, c, start)))
		return new_stack(self, which, start);
	uint64_t hash = unwind_chain_hash(c);
	uint32_t id = stacktab_find(hash);
	if (unlikely(!id))
		return new_stack(self, which, start);
	memo_learn(&self->chains->memo, e, c, hash, id);
	return id;
}

/* The same where its hash is wanted. */
static __attribute__((noinline)) uint64_t other_hash(struct self *self, struct memo_entry *e,
                                                     const struct frame_start *start)
{
	struct chain *c = chain_of(self, ALLOCS);
	if (unlikely(!unwind_by_chain(self, c, start)))
		return 0;
	uint64_t hash = unwind_chain_hash(c);
	memo_learn(&self->chains->memo, e, c, hash, 0);
	return hash;
}

PT_INLINE struct memo_entry *entry_of(struct self *self, const struct frame_start *start)
{
	return memo_entry(&self->chains->memo, start->ip, frame_start_sp(start));
}

PT_HOT uint64_t unwind_other_hash(struct self *self, const struct frame_start *start)
{
	if (unlikely(!has_chains(self)))
		return 0;
	return other_hash(self, entry_of(self, start), start);
}

PT_HOT uint32_t unwind_other_stack(struct self *self, const struct frame_start *start)
{
	if (unlikely(!has_chains(self)))
		return new_stack(self, ALLOCS, start);
	return other_stack(self, ALLOCS, entry_of(self, start), start);
}

PT_HOT uint32_t unwind_free_stack(struct self *self, const struct frame_start *start)
{
	const struct memo_entry *found = unwind_at_hand(self, start);
	if (likely(found && found->stack))
		return found->stack;
	if (unlikely(!has_chains(self)))
		return new_stack(self, RELEASES, start);
	return other_stack(self, RELEASES, entry_of(self, start), start);
}
