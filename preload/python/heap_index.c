/* See heap_index.h.  Both grow by doubling; what is outgrown is given back at once. */
#include "heap_index.h"

#include "base/own_memory.h"

#define FIRST_OBJECTS (1u << 16)
#define NAME_SLOTS (1u << 16)
#define NAMES_MOST (NAME_SLOTS / 2)

struct name_slot {
	const void *str;
	uint32_t number;
};

static struct {
	uint32_t n, room; /* a power of two */
	void **object;
	uint32_t *slot; /* 2 * room; number + 1, by address */
	struct name_slot *name;
	uint32_t n_names;
} index_of; /* protected by the GIL */

static uint32_t heap_index_hash_of(const void *p)
{
	return (uint32_t)((uintptr_t)p * 0x9E3779B97F4A7C15ull >> 32);
}

static uint32_t *heap_index_slot_of(const void *object)
{
	uint32_t mask = 2 * index_of.room - 1;

	for (uint32_t i = heap_index_hash_of(object);; i++) {
		uint32_t *slot = &index_of.slot[i & mask];

		if (!*slot || index_of.object[*slot - 1] == object)
			return slot;
	}
}

static void unmap_objects(void)
{
	if (index_of.object)
		own_unmap(index_of.object, index_of.room * sizeof *index_of.object);
	if (index_of.slot)
		own_unmap(index_of.slot, 2ull * index_of.room * sizeof *index_of.slot);
}

static bool grow(uint32_t room)
{
	void **object = own_map(room * sizeof *object);
	uint32_t *slot = own_map(2ull * room * sizeof *slot);

	if (!object || !slot) {
		if (object)
			own_unmap(object, room * sizeof *object);
		if (slot)
			own_unmap(slot, 2ull * room * sizeof *slot);
		return false;
	}
	for (uint32_t i = 0; i < index_of.n; i++)
		object[i] = index_of.object[i];
	unmap_objects();
	index_of.object = object;
	index_of.slot = slot;
	index_of.room = room;
	for (uint32_t i = 0; i < index_of.n; i++)
		*heap_index_slot_of(object[i]) = i + 1;
	return true;
}

bool heap_index_start(void)
{
	__builtin_memset(&index_of, 0, sizeof index_of);
	index_of.name = own_map(NAME_SLOTS * sizeof *index_of.name);
	if (index_of.name && grow(FIRST_OBJECTS))
		return true;
	heap_index_end();
	return false;
}

void heap_index_end(void)
{
	unmap_objects();
	if (index_of.name)
		own_unmap(index_of.name, NAME_SLOTS * sizeof *index_of.name);
	__builtin_memset(&index_of, 0, sizeof index_of);
}

uint32_t heap_index_count(void)
{
	return index_of.n;
}

void *heap_index_at(uint32_t number)
{
	return index_of.object[number];
}

uint32_t heap_index_find(const void *object)
{
	return *heap_index_slot_of(object) - 1; /* 0 becomes HEAP_NONE */
}

bool heap_index_add(void *object)
{
	if (index_of.n == index_of.room &&
	    (index_of.room == HEAP_OBJECTS_MOST || !grow(2 * index_of.room)))
		return false;
	index_of.object[index_of.n++] = object;
	*heap_index_slot_of(object) = index_of.n;
	return true;
}

uint32_t heap_index_name(const void *str, uint32_t number)
{
	for (uint32_t i = heap_index_hash_of(str);; i++) {
		struct name_slot *slot = &index_of.name[i & (NAME_SLOTS - 1)];

		if (slot->str == str)
			return slot->number;
		if (slot->str)
			continue;
		if (index_of.n_names < NAMES_MOST) {
			index_of.n_names++;
			*slot = (struct name_slot){str, number};
		}
		return 0;
	}
}
