/*
 * The stacks that a thread took lately, each as the words that must hold for it to be the stack again.
 *
 * Programs allocate from few places at a time, in turns, and their stacks differ in more than the last
 * frame: a chain (chain.h) would be taken apart and walked anew at each turn.  So a stack that comes
 * again from the same registers is kept as a list of words, and found by comparing them.  Like the
 * chain's, words are compared from the leaf to the root and reading stops where they differ: each word
 * says where the next one is, so no page is read that a walk would not read.  Two at a time, of one page
 * (a word that has no other beside it stands twice): half of the branches.
 *
 * A stack is kept at its second coming, if no other came from the same registers in between: what
 * alternates there is left to the chain.
 *
 * Cost: 2 ns and 0.4 ns a frame when found (20 instructions and 5.5 a word), 2-3 ns when not, 1 ns a frame to
 * keep one.
 */
#ifndef PT_MEMO_H
#define PT_MEMO_H

#include "self.h"

/* Two entries in a row may have these registers. */
PT_INLINE struct memo_entry *memo_entry(struct memo *m, uint64_t ip, uint64_t sp)
{
	uint64_t mixed = (ip ^ sp << 20) * 0x9E3779B97F4A7C15ull;
	return &m->entry[mixed >> 58 & ~1ull];
}

PT_INLINE uint64_t memo_difference(const struct memo_word *w)
{
	return *(const uint64_t *)w->at ^ w->value;
}

PT_INLINE bool memo_words_hold(const struct memo_word *w, uint32_t n)
{
	for (const struct memo_word *end = w + n; w != end; w += 2)
		if (unlikely(memo_difference(w) | memo_difference(w + 1)))
			return false;
	return true;
}

PT_INLINE bool memo_holds(const struct memo *m, const struct memo_entry *e, uint64_t ip,
                          uint64_t sp, uint64_t bp)
{
	if (e->ip != ip || e->sp != sp || (e->bp && e->bp != bp) || m->end - e->first > MEMO_WORDS)
		return false;
	return memo_words_hold(&m->word[e->first % MEMO_WORDS], e->n);
}

/* The entry, of the two that may have it, of the stack that starts from these registers; NULL: neither. */
PT_INLINE const struct memo_entry *memo_find(const struct memo *m, const struct memo_entry *e,
                                             uint64_t ip, uint64_t sp, uint64_t bp)
{
	if (likely(memo_holds(m, e, ip, sp, bp)))
		return e;
	return memo_holds(m, e + 1, ip, sp, bp) ? e + 1 : NULL;
}

/* Keeps the stack of this chain under its hash and its id. */
void memo_keep(struct memo *m, struct memo_entry *e, const struct chain *c, uint64_t hash,
               uint32_t stack);

/* The entries that did not have the stack are told which one it was. */
PT_INLINE void memo_learn(struct memo *m, struct memo_entry *e, const struct chain *c,
                          uint64_t hash, uint32_t stack)
{
	if (e->candidate == hash)
		memo_keep(m, e, c, hash, stack);
	else
		e->candidate = hash;
}

void memo_forget(struct memo *m);

#endif
