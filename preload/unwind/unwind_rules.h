/*
 * Unwind rules: for a return address, how to get to the caller's frame.
 *
 * A rule is made once per address (cfi_unwind.c); the walker (unwind.c) applies it in 2-3 ns.
 * A rule has a number, its index; numbers are what stacks are made of in memory.  The table only
 * grows; entries of unloaded code lose their address and are never found again.
 */
#ifndef PT_UNWIND_RULES_H
#define PT_UNWIND_RULES_H

#include "base/pt.h"

/*
 * code:  bits 28-31 kind; for RULE_NORMAL
 *        bit  0      1: the canonical frame address (CFA) is bp + offset, 0: sp + offset
 *        bits 1-19   offset / 8
 *        bits 20-27  where the caller's bp is: 0 still in bp, k saved at CFA - 8k
 * The return address is at CFA - 8.
 */
enum rule_kind {
	RULE_NORMAL = 0,
	RULE_ROOT = 1,    /* the thread begins here */
	RULE_SIGNAL = 2,  /* the kernel's signal trampoline: registers are in the frame */
	RULE_SLOW = 3,    /* needs all registers (an expression, another register) */
	RULE_UNKNOWN = 4, /* in no module: JIT code */
	RULE_NO_INFO =
		5, /* in a module, but without unwind information; the root if bp is 0 there */
};

struct rule {
	uint64_t
		key; /* the address; RULE_EXACT set when it is a pc and not a return address; 0: gone */
	uint32_t code;
};

/* A rule in one word: number | code << 32. */
PT_INLINE uint32_t rule_ref_number(uint64_t rule)
{
	return (uint32_t)rule;
}

PT_INLINE uint32_t rule_ref_code(uint64_t rule)
{
	return (uint32_t)(rule >> 32);
}

/* Hashed by key, the whole rule beside it: programs with many return addresses miss the cache here. */
struct rule_slot {
	uint64_t key;  /* stored after the rule; 0: free, RULE_GONE: of unloaded code */
	uint64_t rule; /* see rule_ref_number() */
};

struct rule_index {
	uint32_t mask;
	struct rule_slot slot[];
};

/* Rules by number, in pieces that are mapped as they are needed. */
#define RULE_PIECE 1024u

struct rule_piece {
	struct rule rule[RULE_PIECE];
	uint32_t frame_id[RULE_PIECE]; /* atomic; 0: not defined in this trace */
	uint32_t caller_stack
		[RULE_PIECE]; /* atomic; likewise the stack that is this frame alone: who freed */
};

#define RULE_GONE 1u /* no address of code */
#define RULE_EXACT (1ull << 63)
#define RULE_MAX (1u << 20)

extern struct rule_piece *rule_pieces[RULE_MAX / RULE_PIECE];
extern struct rule_index *rule_index; /* replaced under the lock of unwind_rules.c, read without */

/* Changes when code is unloaded: who remembers addresses must forget them then. */
extern uint32_t unwind_rules_generation;

PT_INLINE enum rule_kind rule_kind(uint32_t code)
{
	return (enum rule_kind)(code >> 28);
}

/* Bytes between the register that the CFA is counted from and the CFA. */
PT_INLINE uint64_t rule_offset(uint32_t code)
{
	return (uint64_t)(code >> 1 & 0x7ffff) << 3;
}

/* The caller's bp is this many words below the CFA; 0: still in bp. */
PT_INLINE uint32_t rule_bp_slot(uint32_t code)
{
	return code >> 20 & 0xff;
}

PT_INLINE uint32_t unwind_rules_hash(uint64_t key)
{
	return (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32);
}

/* The key's rule in one word, 0: not known.  The key is not 0.  No lock; any thread. */
PT_INLINE uint64_t unwind_rules_find(uint64_t key)
{
	const struct rule_index *t = __atomic_load_n(&rule_index, __ATOMIC_ACQUIRE);
	for (uint32_t i = unwind_rules_hash(key);; i++) {
		const struct rule_slot *s = &t->slot[i & t->mask];
		uint64_t found = __atomic_load_n(&s->key, __ATOMIC_ACQUIRE);
		if (likely(found == key))
			return s->rule;
		if (!found)
			return 0;
	}
}

/* A new rule, or the one that another thread was quicker to add; 0: no room. */
uint64_t unwind_rules_add(uint64_t key, uint32_t code);

/* Frame id in this trace; defines it at first use.  0: cannot be written. */
uint32_t unwind_rules_frame_id(uint32_t number);

PT_INLINE struct rule_piece *unwind_rules_piece(uint32_t number)
{
	return rule_pieces[number / RULE_PIECE];
}

/* The rule with a number that was given out. */
PT_INLINE struct rule *unwind_rules_at(uint32_t number)
{
	return &unwind_rules_piece(number)->rule[number % RULE_PIECE];
}

/* Stack id of the stack that consists of this frame alone (who freed). */
uint32_t unwind_rules_define_caller_stack(uint32_t number);

PT_INLINE uint32_t unwind_rules_caller_stack(uint32_t number)
{
	const uint32_t *at = &unwind_rules_piece(number)->caller_stack[number % RULE_PIECE];
	uint32_t id = __atomic_load_n(at, __ATOMIC_RELAXED);
	return likely(id) ? id : unwind_rules_define_caller_stack(number);
}

/* Code at [start, end) was unloaded. */
void unwind_rules_drop(uint64_t start, uint64_t end);

/* In a forked child: rules stay valid, ids do not. */
void unwind_rules_forget_ids(void);

/* Makes the tables. */
bool unwind_rules_start(void);

#endif
