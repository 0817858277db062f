/*
 * Stack ids: each distinct stack gets a number and is defined in the trace once.
 *
 * A stack is known by a 64-bit hash of its frame numbers, computed while walking; the frames are not
 * kept, so a distinct stack costs 40 to 80 bytes of memory.  Among a million distinct stacks two share a
 * hash with a probability of about 2 in 10^6: accepted.  A known stack takes no lock.
 */
#ifndef PT_STACK_TABLE_H
#define PT_STACK_TABLE_H

#include "base/pt.h"
#include "trace_format.h"

/* Frame numbers: rule numbers, or with this bit the id of a frame that is already defined. */
#define FRAME_IS_ID (1u << 31)

PT_INLINE uint64_t stack_hash_add(uint64_t h, uint32_t frame)
{
	return (h ^ frame) * 0x9E3779B97F4A7C15ull;
}

/* The same for frames that come and go at either end: the hash is the sum of the parts, each of a frame
 * and its distance from the root. */
extern uint64_t stack_hash_keys[PTF_MAX_FRAMES + 1];

PT_INLINE uint64_t stack_hash_part(uint32_t distance, uint32_t frame)
{
	return frame * stack_hash_keys[distance];
}

PT_INLINE uint64_t stack_hash_end(uint64_t h, unsigned flags)
{
	h = (h ^ (h >> 32) ^ flags) * 0xD6E8FEB86659FD93ull;
	return h ^ (h >> 32);
}

/* The stack's id; 0: it could not be defined.  Frames leaf first, n at most PTF_MAX_FRAMES. */
uint32_t stack_table_intern(uint64_t hash, unsigned flags, const uint32_t *frames, uint32_t n);

/* A slot: the upper 40 bits of the hash and the id, at a place that the lower bits give. */
#define SLOT_ID_BITS 24u
#define SLOT_MAX_ID ((1u << SLOT_ID_BITS) - 1)

struct defined_stack;
struct stack_table {
	uint32_t mask;
	uint32_t used;
	struct defined_stack *defined; /* the first `used` are valid */
	uint64_t slot[];               /* 0: free */
};

extern struct stack_table *stack_table; /* replaced under the lock of stack_table.c, read without */

/* The slot that has this hash, or the free one where it belongs, and what was in it when it was looked
 * at: a slot that was free then may be another stack's by now. */
PT_INLINE uint64_t *stack_table_slot(struct stack_table *t, uint64_t hash, uint64_t *found)
{
	for (uint32_t i = (uint32_t)hash;; i++) {
		uint64_t *s = &t->slot[i & t->mask];
		*found = __atomic_load_n(s, __ATOMIC_RELAXED);
		if (likely(!((*found ^ hash) >> SLOT_ID_BITS)) || !*found)
			return s;
	}
}

/* Will be looked for soon: programs with many stacks wait for memory there. */
PT_INLINE void stack_table_prefetch(uint64_t hash)
{
	struct stack_table *t = __atomic_load_n(&stack_table, __ATOMIC_ACQUIRE);
	__builtin_prefetch(&t->slot[(uint32_t)hash & t->mask]);
}

/* The id of the stack with this hash in t, 0: it is not there. */
PT_INLINE uint32_t stack_table_id(struct stack_table *t, uint64_t hash)
{
	uint64_t found;
	stack_table_slot(t, hash, &found);
	return (uint32_t)found & SLOT_MAX_ID;
}

/* 0: not known. */
PT_INLINE uint32_t stack_table_find(uint64_t hash)
{
	return stack_table_id(__atomic_load_n(&stack_table, __ATOMIC_ACQUIRE), hash);
}

bool stack_table_start(void);

/* In a forked child: no stack is defined. */
void stack_table_forget(void);

#endif
