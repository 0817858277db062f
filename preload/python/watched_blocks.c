/* See watched_blocks.h.  A removed entry keeps its slot (kind WATCHED_NONE) until the table is made again. */
#include "watched_blocks.h"

#include "spare_table.h"
#include "base/lock.h"

#define WATCHED_FIRST_SLOTS 1024u

uint64_t watched_blocks_bits[WATCHED_WORDS];

struct watched {
	const void *block;
	enum watched_blocks_kind kind;
};

/* Protected by watched_blocks_lock. */
static struct watched *slots;
static uint32_t n_slots, n_used;
static uint32_t
	n_in_vain; /* blocks that were asked for and not watched, since the bit map was made */
LOCK_DEFINE(watched_blocks_lock, LOCK_WATCHED_BLOCKS);

static struct watched *watched_blocks_slot(const void *block)
{
	for (uint32_t i = (uint32_t)((uintptr_t)block * 0x9E3779B97F4A7C15ull >> 32);; i++) {
		struct watched *w = &slots[i & (n_slots - 1)];
		if (w->block == block || !w->block)
			return w;
	}
}

static void watched_blocks_set_bits(uint64_t *bits, const void *block)
{
	uint32_t hash = watched_blocks_hash(block);
	bits[watched_blocks_word(hash)] |= 1ull << watched_blocks_bit(hash) |
	                                   1ull << watched_blocks_bit_slow(hash);
}

/* A call of its own: else the compiler makes one test of the two, which takes thrice the instructions. */
PT_HOT bool watched_blocks_bit_is_set_slow(uint32_t hash)
{
	return watched_blocks_bits[watched_blocks_word(hash)] >> watched_blocks_bit_slow(hash) & 1;
}

/*
 * Makes the bit map again, without the bits of freed blocks: other objects live at their addresses now, and are asked
 * for in vain.  Word by word, so that at no moment a bit of what is watched is missing for those who look
 * without the lock.
 */
static void watched_blocks_tidy(void)
{
	static uint64_t fresh[WATCHED_WORDS];
	__builtin_memset(fresh, 0, sizeof fresh);
	for (uint32_t i = 0; i < n_slots; i++)
		if (slots[i].kind != WATCHED_NONE)
			watched_blocks_set_bits(fresh, slots[i].block);
	for (uint32_t i = 0; i < WATCHED_WORDS; i++)
		__atomic_store_n(&watched_blocks_bits[i], fresh[i], __ATOMIC_RELAXED);
	n_in_vain = 0;
}

/* Copies what is alive: into a larger table, or into one of the same size when much of it is dead. */
static bool watched_blocks_grow(void)
{
	uint32_t n_live = 0, n_old = n_slots;
	struct watched *old = slots;

	for (uint32_t i = 0; i < n_old; i++)
		n_live += old[i].kind != WATCHED_NONE;
	uint32_t n = n_live * 4 < WATCHED_FIRST_SLOTS ? WATCHED_FIRST_SLOTS : n_slots;
	if (n_live * 4 > n)
		n *= 2;
	static struct spare_table spare;
	struct watched *fresh = spare_table_exchange(&spare, old, n_old, n, sizeof *fresh);
	if (!fresh)
		return false;

	slots = fresh;
	n_slots = n;
	n_used = n_live;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i].kind != WATCHED_NONE)
			*watched_blocks_slot(old[i].block) = old[i];

	return true;
}

static bool watched_blocks_add_locked(const void *block, enum watched_blocks_kind kind)
{
	if (n_used * 2 >= n_slots && !watched_blocks_grow())
		return false;
	struct watched *w = watched_blocks_slot(block);
	if (!w->block)
		n_used++;
	*w = (struct watched){block, kind};
	watched_blocks_set_bits(watched_blocks_bits, block);
	return true;
}

bool watched_blocks_add(const void *block, enum watched_blocks_kind kind)
{
	if (!lock_take(&watched_blocks_lock))
		return false;
	bool added = watched_blocks_add_locked(block, kind);
	lock_release(&watched_blocks_lock);
	return added;
}

enum watched_blocks_kind watched_blocks_take(const void *block)
{
	enum watched_blocks_kind kind = WATCHED_NONE;

	if (!lock_take(&watched_blocks_lock))
		return kind;
	if (n_slots) {
		struct watched *w = watched_blocks_slot(block);
		if (w->block == block) {
			kind = w->kind;
			w->kind = WATCHED_NONE;
		}
	}

	if (kind == WATCHED_NONE && ++n_in_vain > n_slots)
		watched_blocks_tidy();
	lock_release(&watched_blocks_lock);
	return kind;
}

bool watched_blocks_forget(void)
{
	return lock_forget(&watched_blocks_lock);
}
