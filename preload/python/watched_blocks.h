/*
 * Blocks whose end matters to us: code objects and heap types that we keep numbers for, and what our
 * own Python code leaves behind in the interpreter, and the tables of its allocators.
 *
 * The address of a freed code object or type soon belongs to another object, so what is known by address must be
 * dropped at the free.  Frees are frequent and watched blocks are few: a bit map of hashes, 8 KiB,
 * answers nearly always; behind it is a table under a lock.  A block has two bits of one word: the some
 * thousand code objects of a program would have one free in thirty ask the table by one bit each.
 */
#ifndef PT_PYTHON_WATCHED_BLOCKS_H
#define PT_PYTHON_WATCHED_BLOCKS_H

#include "base/pt.h"

#define WATCHED_WORDS_LOG2 10u
#define WATCHED_WORDS (1u << WATCHED_WORDS_LOG2)

extern uint64_t watched_blocks_bits[WATCHED_WORDS];

PT_INLINE uint32_t watched_blocks_hash(const void *block)
{
	return (uint32_t)((uintptr_t)block >> 4) * 0x9E3779B1u;
}

PT_INLINE uint32_t watched_blocks_word(uint32_t hash)
{
	return hash >> (32 - WATCHED_WORDS_LOG2);
}

PT_INLINE uint32_t watched_blocks_bit(uint32_t hash)
{
	return hash & 63;
}

PT_INLINE uint32_t watched_blocks_bit_slow(uint32_t hash)
{
	return hash >> 16 & 63;
}

bool watched_blocks_bit_is_set_slow(uint32_t hash);

PT_INLINE bool watched_blocks_may_hold(const void *block)
{
	uint32_t hash = watched_blocks_hash(block);
	return unlikely(watched_blocks_bits[watched_blocks_word(hash)] >> watched_blocks_bit(hash) &
	                1) &&
	       watched_blocks_bit_is_set_slow(hash);
}

enum watched_blocks_kind {
	WATCHED_NONE,
	WATCHED_CODE,
	WATCHED_TYPE,
	WATCHED_STATE,      /* a thread state, or the interpreter that holds it */
	WATCHED_UNRECORDED, /* its beginning was not recorded, nor is its end: made by Python code of our
	                     own, or an allocator's table */
};

/* From now on watched_blocks_take() knows the block.  False: no memory; then nothing may be kept for it. */
bool watched_blocks_add(const void *block, enum watched_blocks_kind kind);

/* What the block was watched as; it is not any more. */
enum watched_blocks_kind watched_blocks_take(const void *block);

/* In a forked child.  True: another thread was changing the table. */
bool watched_blocks_forget(void);

#endif
