/* See id_table.h. */
#include "id_table.h"

#include "base/arena.h"

#define IDTAB_FIRST_SLOTS 256u

struct id_table_slot {
	uint64_t key; /* stored after the id */
	uint32_t id;
};

struct id_table_table {
	uint32_t mask;
	uint32_t used;
	struct id_table_slot slot[];
};

uint64_t id_table_hash(uint64_t seed, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t h = seed ^ n * 0x9E3779B97F4A7C15ull;
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t word;
		__builtin_memcpy(&word, p, 8);
		h = id_table_key(h, word);
	}
	for (; n; p++, n--)
		h = id_table_key(h, *p);
	return id_table_key(h, 0);
}

static struct id_table_slot *id_table_slot(struct id_table_table *t, uint64_t key)
{
	for (uint32_t i = (uint32_t)(key >> 16);; i++) {
		struct id_table_slot *s = &t->slot[i & t->mask];
		uint64_t found = __atomic_load_n(&s->key, __ATOMIC_ACQUIRE);
		if (found == key || !found)
			return s;
	}
}

uint32_t id_table_find(const struct id_table *t, uint64_t key)
{
	struct id_table_table *table = __atomic_load_n(&t->table, __ATOMIC_ACQUIRE);
	if (!table)
		return 0;
	const struct id_table_slot *s = id_table_slot(table, key);
	return s->key == key ? s->id : 0;
}

static bool id_table_grow(struct id_table *t)
{
	struct id_table_table *old = t->table;
	uint32_t n_slots = old ? (old->mask + 1) * 2 : IDTAB_FIRST_SLOTS;
	struct id_table_table *table = arena_take(sizeof *table + n_slots * sizeof table->slot[0]);

	if (!table)
		return false;
	table->mask = n_slots - 1;
	for (uint32_t i = 0; old && i <= old->mask; i++)
		if (old->slot[i].key)
			*id_table_slot(table, old->slot[i].key) = old->slot[i];

	table->used = old ? old->used : 0;
	__atomic_store_n(&t->table, table, __ATOMIC_RELEASE);
	return true;
}

uint32_t id_table_add(struct id_table *t, uint64_t key, uint32_t id)
{
	if (!id || !lock_take(&t->lock))
		return id;
	if ((t->table && t->table->used <= t->table->mask / 2) || id_table_grow(t)) {
		struct id_table_slot *s = id_table_slot(t->table, key);
		if (s->key) {
			id = s->id;
		} else {
			s->id = id;
			__atomic_store_n(&s->key, key, __ATOMIC_RELEASE);
			t->table->used++;
		}
	}

	lock_release(&t->lock);
	return id;
}

void id_table_forget(struct id_table *t)
{
	lock_forget(&t->lock); /* a table of twice the size is published when it is whole */
	if (!t->table)
		return;
	t->table->used = 0;
	__builtin_memset(t->table->slot, 0, (t->table->mask + 1) * sizeof t->table->slot[0]);
}
