// Slab for PLACE: THREADS.
// Use: new (NAME_get()) T(...), then p->~T(), NAME_put(p); or as the class's operator new/delete.
// Wrong if a block outgrows its slot or is freed elsewhere; chunks are kept.
#include <cstddef>
#include <new>

union NAME_slot {
	NAME_slot *next;
	alignas(16) unsigned char bytes[SLOT_BYTES];
};
STORAGE NAME_slot *NAME_list;

void *NAME_get()
{
	if (!NAME_list) {
		auto *chunk = static_cast<NAME_slot *>(::operator new(CHUNK_SLOTS * sizeof(NAME_slot)));
		for (std::size_t i = CHUNK_SLOTS; i-- > 0; NAME_list = &chunk[i])
			chunk[i].next = NAME_list;
	}
	NAME_slot *slot = NAME_list;
	NAME_list = slot->next;
	return slot;
}

void NAME_put(void *p)
{
	auto *slot = static_cast<NAME_slot *>(p);
	slot->next = NAME_list;
	NAME_list = slot;
}
