/*
 * Blocks whose end matters to us: code objects and heap types that we keep numbers for, and what our
 * own Python code leaves behind in the interpreter, and the tables of its allocators.
 *
 * The address of a freed code object or type is soon another's, so what is known by address must be
 * dropped at the free.  Frees are frequent and watched blocks are few: a bit map of hashes, 8 KiB,
 * answers nearly always; behind it is a table under a lock.  A block has two bits of one word: the some
 * thousand code objects of a program would have one free in thirty ask the table by one bit each.
 */
#ifndef PT_PYTHON_WATCH_H
#define PT_PYTHON_WATCH_H

#include "../pt.h"

#define WATCH_WORDS_LOG2 10u
#define WATCH_WORDS (1u << WATCH_WORDS_LOG2)

extern uint64_t watch_bits[WATCH_WORDS];

PT_INLINE uint32_t watch_hash(const void *block)
{
	return (uint32_t)((uintptr_t)block >> 4) * 0x9E3779B1u;
}

PT_INLINE uint32_t watch_word(uint32_t hash)
{
	return hash >> (32 - WATCH_WORDS_LOG2);
}

PT_INLINE uint32_t watch_bit(uint32_t hash)
{
	return hash & 63;
}

PT_INLINE uint32_t watch_other_bit(uint32_t hash)
{
	return hash >> 16 & 63;
}

bool watch_other_bit_is_set(uint32_t hash);

PT_INLINE bool watch_may_hold(const void *block)
{
	uint32_t hash = watch_hash(block);
	return unlikely(watch_bits[watch_word(hash)] >> watch_bit(hash) & 1) &&
	       watch_other_bit_is_set(hash);
}

enum watch_kind {
	WATCH_NONE,
	WATCH_CODE,
	WATCH_TYPE,
	WATCH_STATE,      /* a thread state, or the interpreter that holds it */
	WATCH_UNRECORDED, /* its beginning was not recorded, nor is its end: made by Python code of our
	                     own, or an allocator's table */
};

/* From now on watch_take() knows the block.  False: no memory; then nothing may be kept for it. */
bool watch_add(const void *block, enum watch_kind kind);

/* What the block was watched as; it is not any more. */
enum watch_kind watch_take(const void *block);

bool watch_lock_for_fork(void);
void watch_unlock_after_fork(void);

/* In a forked child.  True: another thread was changing the table. */
bool watch_forget(void);

#endif
