/* See watch.h.  A removed entry keeps its slot (kind WATCH_NONE) until the table is made anew. */
#include "watch.h"

#include "../arena.h"
#include "../lock.h"

#define WATCH_FIRST_SLOTS 1024u

uint64_t watch_bits[WATCH_WORDS];

struct watched {
	const void *block;
	enum watch_kind kind;
};

/* Protected by watch_lock. */
static struct watched *slots;
static uint32_t n_slots, n_used;
static uint32_t
	n_in_vain; /* blocks that were asked for and not watched, since the bit map was made */
static struct lock watch_lock;

static struct watched *watch_slot(const void *block)
{
	for (uint32_t i = (uint32_t)((uintptr_t)block * 0x9E3779B97F4A7C15ull >> 32);; i++) {
		struct watched *w = &slots[i & (n_slots - 1)];
		if (w->block == block || !w->block)
			return w;
	}
}

static void watch_set_bits(uint64_t *bits, const void *block)
{
	uint32_t hash = watch_hash(block);
	bits[watch_word(hash)] |= 1ull << watch_bit(hash) | 1ull << watch_other_bit(hash);
}

/* A call of its own: else the compiler makes one test of the two, which takes thrice the instructions. */
PT_HOT bool watch_other_bit_is_set(uint32_t hash)
{
	return watch_bits[watch_word(hash)] >> watch_other_bit(hash) & 1;
}

/*
 * Makes the bit map anew, without the bits of what is gone: their addresses are others' now, who are asked
 * for in vain.  Word by word, so that at no moment a bit of what is watched is missing for those who look
 * without the lock.
 */
static void watch_tidy(void)
{
	static uint64_t fresh[WATCH_WORDS];
	__builtin_memset(fresh, 0, sizeof fresh);
	for (uint32_t i = 0; i < n_slots; i++)
		if (slots[i].kind != WATCH_NONE)
			watch_set_bits(fresh, slots[i].block);
	for (uint32_t i = 0; i < WATCH_WORDS; i++)
		__atomic_store_n(&watch_bits[i], fresh[i], __ATOMIC_RELAXED);
	n_in_vain = 0;
}

/* Copies what is alive: into a larger table, or into one of the same size when much of it is dead. */
static bool watch_grow(void)
{
	uint32_t n_live = 0, n_old = n_slots;
	struct watched *old = slots;
	for (uint32_t i = 0; i < n_old; i++)
		n_live += old[i].kind != WATCH_NONE;
	uint32_t n = n_live * 4 < WATCH_FIRST_SLOTS ? WATCH_FIRST_SLOTS : n_slots;
	if (n_live * 4 > n)
		n *= 2;
	static struct watched *spare; /* the last table given up, to go back and forth */
	static uint32_t n_spare;
	struct watched *fresh = n_spare == n ? spare : arena_take(n * sizeof *fresh);
	if (!fresh)
		return false;
	__builtin_memset(fresh, 0, n * sizeof *fresh);
	spare = old;
	n_spare = n_old;
	slots = fresh;
	n_slots = n;
	n_used = n_live;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i].kind != WATCH_NONE)
			*watch_slot(old[i].block) = old[i];
	return true;
}

static bool watch_add_locked(const void *block, enum watch_kind kind)
{
	if (n_used * 2 >= n_slots && !watch_grow())
		return false;
	struct watched *w = watch_slot(block);
	if (!w->block)
		n_used++;
	*w = (struct watched){block, kind};
	watch_set_bits(watch_bits, block);
	return true;
}

bool watch_add(const void *block, enum watch_kind kind)
{
	if (!lock_take(&watch_lock))
		return false;
	bool added = watch_add_locked(block, kind);
	lock_release(&watch_lock);
	return added;
}

enum watch_kind watch_take(const void *block)
{
	enum watch_kind kind = WATCH_NONE;
	if (!lock_take(&watch_lock))
		return kind;
	if (n_slots) {
		struct watched *w = watch_slot(block);
		if (w->block == block) {
			kind = w->kind;
			w->kind = WATCH_NONE;
		}
	}
	if (kind == WATCH_NONE && ++n_in_vain > n_slots)
		watch_tidy();
	lock_release(&watch_lock);
	return kind;
}

bool watch_lock_for_fork(void)
{
	return lock_take(&watch_lock);
}

void watch_unlock_after_fork(void)
{
	lock_release(&watch_lock);
}

bool watch_forget(void)
{
	return lock_forget(&watch_lock);
}
