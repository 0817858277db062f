/*
 * Open addressing, lock-free for readers, replaced by a table of twice the size at two thirds of load
 * (the sizes of the old ones add up to less than the new one).
 *
 * Programs with many stacks miss the cache here at each event.  So a slot is one word, the upper 40
 * bits of the hash and the id, at a place that the lower bits give; whole hashes are kept in a list
 * that only growing reads.
 */
#include "stacktab.h"
#include "arena.h"
#include "defs.h"
#include "lock.h"
#include "rules.h"

#define STACKTAB_FIRST_SLOTS 1024u

#define SLOT_ID_BITS 24u
#define SLOT_MAX_ID ((1u << SLOT_ID_BITS) - 1)

struct known_stack {
	uint64_t hash;
	uint32_t id;
};

struct stack_table {
	uint32_t mask;
	uint32_t used;
	struct known_stack *known; /* the first `used` are valid */
	uint64_t slot[];           /* 0: free */
};

uint64_t stack_hash_keys[PTF_MAX_FRAMES + 1];

static struct stack_table *table; /* replaced under stacktab_lock, read without */
static struct lock stacktab_lock;

/* The slot that has this hash, or the free one where it belongs. */
PT_INLINE uint64_t *stacktab_slot(struct stack_table *t, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash;; i++) {
		uint64_t *s = &t->slot[i & t->mask];
		uint64_t found = __atomic_load_n(s, __ATOMIC_RELAXED);
		if (likely(!((found ^ hash) >> SLOT_ID_BITS)) || !found)
			return s;
	}
}

PT_INLINE uint32_t slot_id(const uint64_t *slot)
{
	return (uint32_t)__atomic_load_n(slot, __ATOMIC_RELAXED) & SLOT_MAX_ID;
}

static uint32_t stacktab_room(const struct stack_table *t)
{
	return (t->mask + 1) / 3 * 2;
}

static struct stack_table *stacktab_new(uint32_t n_slots)
{
	struct stack_table *t = arena_take(sizeof *t + n_slots * sizeof t->slot[0]);
	if (!t)
		return NULL;
	t->mask = n_slots - 1;
	t->known = arena_take(stacktab_room(t) * sizeof *t->known);
	return t->known ? t : NULL;
}

static void stacktab_put(struct stack_table *t, const struct known_stack *k)
{
	t->known[t->used++] = *k;
	__atomic_store_n(stacktab_slot(t, k->hash), k->hash >> SLOT_ID_BITS << SLOT_ID_BITS | k->id,
	                 __ATOMIC_RELEASE);
}

static bool stacktab_grow(void)
{
	struct stack_table *t = stacktab_new((table->mask + 1) * 2);
	if (!t)
		return false;
	struct stack_table *old = table;
	for (uint32_t i = 0; i < old->used; i++)
		stacktab_put(t, &old->known[i]);
	__atomic_store_n(&table, t, __ATOMIC_RELEASE);
	arena_give_back(old->known, stacktab_room(old) * sizeof *old->known);
	return true;
}

/* Defines the frames first, then the stack of them. */
static uint32_t stacktab_define(unsigned flags, const uint32_t *frames, uint32_t n)
{
	static uint32_t ids[PTF_MAX_FRAMES]; /* protected by stacktab_lock */
	for (uint32_t i = 0; i < n; i++)
		ids[i] = frames[i] & FRAME_IS_ID ? frames[i] & ~FRAME_IS_ID
		                                 : rules_frame_id(frames[i]);
	return defs_stack(flags, ids, n);
}

static uint32_t stacktab_add_locked(uint64_t hash, unsigned flags, const uint32_t *frames,
                                    uint32_t n)
{
	if (table->used == stacktab_room(table) && !stacktab_grow())
		return 0;
	uint32_t id = slot_id(stacktab_slot(table, hash));
	if (id || table->used == SLOT_MAX_ID)
		return id;
	id = stacktab_define(flags, frames, n);
	if (id && id <= SLOT_MAX_ID)
		stacktab_put(table, &(struct known_stack){hash, id});
	return id;
}

/* Signals wait: a handler that jumps away must not leave the lock taken, or a name half written. */
static PT_COLD uint32_t stacktab_add(uint64_t hash, unsigned flags, const uint32_t *frames,
                                     uint32_t n)
{
	uint64_t mask;
	uint32_t id = 0;
	raw_signals_block(&mask);
	if (lock_take(&stacktab_lock)) {
		id = stacktab_add_locked(hash, flags, frames, n);
		lock_release(&stacktab_lock);
	}
	raw_signals_restore(&mask);
	return id;
}

PT_HOT uint32_t stacktab_find(uint64_t hash)
{
	return slot_id(stacktab_slot(__atomic_load_n(&table, __ATOMIC_ACQUIRE), hash));
}

PT_HOT uint32_t stacktab_intern(uint64_t hash, unsigned flags, const uint32_t *frames, uint32_t n)
{
	uint32_t id = stacktab_find(hash);
	return likely(id) ? id : stacktab_add(hash, flags, frames, n);
}

/* Odd numbers without a pattern (splitmix64). */
static void stack_hash_start(void)
{
	uint64_t state = 0;
	for (uint32_t i = 0; i <= PTF_MAX_FRAMES; i++) {
		uint64_t z = (state += 0x9E3779B97F4A7C15ull);
		z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
		z = (z ^ z >> 27) * 0x94D049BB133111EBull;
		stack_hash_keys[i] = (z ^ z >> 31) | 1;
	}
}

bool stacktab_start(void)
{
	stack_hash_start();
	if (!table)
		table = stacktab_new(STACKTAB_FIRST_SLOTS);
	return table != NULL;
}

void stacktab_forget(void)
{
	if (lock_forget(&stacktab_lock))
		table = NULL; /* another thread was changing it; stacktab_start() makes a new one */
	if (!table)
		return;
	table->used = 0;
	memset(table->slot, 0, (table->mask + 1) * sizeof table->slot[0]);
}

bool stacktab_lock_for_fork(void)
{
	return lock_take(&stacktab_lock);
}

void stacktab_unlock_after_fork(void)
{
	lock_release(&stacktab_lock);
}
