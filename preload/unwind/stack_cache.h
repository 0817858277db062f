/*
 * The stacks that a thread took lately, each as the words that must hold for it to be the stack again.
 *
 * Programs allocate from few places at a time, in turns, and their stacks differ in more than the last
 * frame: a chain (incremental_unwind.h) would be taken apart and walked again at each turn.  So a stack that comes
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
#ifndef PT_STACK_CACHE_H
#define PT_STACK_CACHE_H

#include "write/self.h"

/* Two entries in a row may have these registers. */
PT_INLINE struct stack_cache_entry *stack_cache_entry(struct stack_cache *m, uint64_t ip,
                                                      uint64_t sp)
{
	uint64_t mixed = (ip ^ sp << 20) * 0x9E3779B97F4A7C15ull;
	return &m->entry[mixed >> 58 & ~1ull];
}

PT_INLINE uint64_t stack_cache_difference(const struct stack_cache_word *w)
{
	return *(const uint64_t *)w->at ^ w->value;
}

PT_INLINE bool stack_cache_words_hold(const struct stack_cache_word *w, uint32_t n)
{
	for (const struct stack_cache_word *end = w + n; w != end; w += 2)
		if (unlikely(stack_cache_difference(w) | stack_cache_difference(w + 1)))
			return false;
	return true;
}

PT_INLINE bool stack_cache_holds(const struct stack_cache *m, const struct stack_cache_entry *e,
                                 uint64_t ip, uint64_t sp, uint64_t bp)
{
	if (e->ip != ip || e->sp != sp || (e->bp && e->bp != bp) ||
	    m->end - e->first > STACK_CACHE_WORDS)
		return false;
	return stack_cache_words_hold(&m->word[e->first % STACK_CACHE_WORDS], e->n);
}

/* The entry, of the two that may have it, of the stack that starts from these registers; NULL: neither. */
PT_INLINE const struct stack_cache_entry *stack_cache_find(const struct stack_cache *m,
                                                           const struct stack_cache_entry *e,
                                                           uint64_t ip, uint64_t sp, uint64_t bp)
{
	if (likely(stack_cache_holds(m, e, ip, sp, bp)))
		return e;
	return stack_cache_holds(m, e + 1, ip, sp, bp) ? e + 1 : NULL;
}

/* Keeps the stack of this chain under its hash and its id. */
void stack_cache_keep(struct stack_cache *m, struct stack_cache_entry *e, const struct last_walk *c,
                      uint64_t hash, uint32_t stack);

/* Writes the stack that was found into the entries that did not have it. */
PT_INLINE void stack_cache_learn(struct stack_cache *m, struct stack_cache_entry *e,
                                 const struct last_walk *c, uint64_t hash, uint32_t stack)
{
	if (e->candidate == hash)
		stack_cache_keep(m, e, c, hash, stack);
	else
		e->candidate = hash;
}

void stack_cache_forget(struct stack_cache *m);

#endif
