/*
 * Open addressing, lock-free for readers, replaced by a table of twice the size at two thirds of load
 * (the sizes of the old ones add up to less than the new one).
 *
 * Programs with many stacks miss the cache here at each event, so a slot is one word; whole hashes are
 * kept in a list that only growing reads.
 */
#include "stack_table.h"
#include "base/arena.h"
#include "write/definition_writer.h"
#include "base/lock.h"
#include "unwind_rules.h"

#define STACKTAB_FIRST_SLOTS 1024u

struct defined_stack {
	uint64_t hash;
	uint32_t id;
};

uint64_t stack_hash_keys[PTF_MAX_FRAMES + 1];

struct stack_table *stack_table;
LOCK_DEFINE(stack_table_lock, LOCK_STACKS);

static uint32_t stack_table_room(const struct stack_table *t)
{
	return (t->mask + 1) / 3 * 2;
}

static struct stack_table *stack_table_new(uint32_t n_slots)
{
	struct stack_table *t = arena_take(sizeof *t + n_slots * sizeof t->slot[0]);
	if (!t)
		return NULL;
	t->mask = n_slots - 1;
	t->defined = arena_take(stack_table_room(t) * sizeof *t->defined);
	return t->defined ? t : NULL;
}

static void stack_table_put(struct stack_table *t, const struct defined_stack *k)
{
	uint64_t free_slot;
	t->defined[t->used++] = *k;
	__atomic_store_n(stack_table_slot(t, k->hash, &free_slot),
	                 k->hash >> SLOT_ID_BITS << SLOT_ID_BITS | k->id, __ATOMIC_RELEASE);
}

static bool stack_table_grow(void)
{
	struct stack_table *t = stack_table_new((stack_table->mask + 1) * 2);
	if (!t)
		return false;
	struct stack_table *old = stack_table;
	for (uint32_t i = 0; i < old->used; i++)
		stack_table_put(t, &old->defined[i]);
	__atomic_store_n(&stack_table, t, __ATOMIC_RELEASE);
	arena_give_back(old->defined, stack_table_room(old) * sizeof *old->defined);
	return true;
}

/* Defines the frames first, then the stack of them. */
static uint32_t stack_table_define(unsigned flags, const uint32_t *frames, uint32_t n)
{
	static uint32_t ids[PTF_MAX_FRAMES]; /* protected by stack_table_lock */
	for (uint32_t i = 0; i < n; i++)
		ids[i] = frames[i] & FRAME_IS_ID ? frames[i] & ~FRAME_IS_ID
		                                 : unwind_rules_frame_id(frames[i]);
	return definition_writer_stack(flags, ids, n);
}

static uint32_t stack_table_add_locked(uint64_t hash, unsigned flags, const uint32_t *frames,
                                       uint32_t n)
{
	if (stack_table->used == stack_table_room(stack_table) && !stack_table_grow())
		return 0;
	uint32_t id = stack_table_id(stack_table, hash);
	if (id || stack_table->used == SLOT_MAX_ID)
		return id;
	id = stack_table_define(flags, frames, n);
	if (id && id <= SLOT_MAX_ID)
		stack_table_put(stack_table, &(struct defined_stack){hash, id});
	return id;
}

/* Signals wait: a handler that jumps away must not leave the lock taken, or a name half written. */
static __attribute__((noinline)) uint32_t stack_table_add(uint64_t hash, unsigned flags,
                                                          const uint32_t *frames, uint32_t n)
{
	uint64_t mask;
	uint32_t id = 0;
	raw_signals_block(&mask);
	if (lock_take(&stack_table_lock)) {
		id = stack_table_add_locked(hash, flags, frames, n);
		lock_release(&stack_table_lock);
	}
	raw_signals_restore(&mask);
	return id;
}

PT_HOT uint32_t stack_table_intern(uint64_t hash, unsigned flags, const uint32_t *frames,
                                   uint32_t n)
{
	uint32_t id = stack_table_find(hash);
	return likely(id) ? id : stack_table_add(hash, flags, frames, n);
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

bool stack_table_start(void)
{
	stack_hash_start();
	if (!stack_table)
		stack_table = stack_table_new(STACKTAB_FIRST_SLOTS);
	return stack_table != NULL;
}

void stack_table_forget(void)
{
	if (lock_forget(&stack_table_lock))
		stack_table =
			NULL; /* another thread was changing it; stack_table_start() makes a new one */
	if (!stack_table)
		return;
	stack_table->used = 0;
	memset(stack_table->slot, 0, (stack_table->mask + 1) * sizeof stack_table->slot[0]);
}
