// Pool with a way back for PLACE: the maker calls NAME_get(), any thread NAME_put().
// One maker; with several, make it thread_local and keep the owner in the slot. Wrong if
// blocks are put after the maker has ended.
#include <atomic>
#include <cstddef>
#include <new>

union NAME_slot {
	NAME_slot *next;
	alignas(16) unsigned char bytes[SLOT_BYTES];
};
static NAME_slot *NAME_list;
static std::atomic<NAME_slot *> NAME_returned;

void *NAME_get()
{
	if (!NAME_list)
		NAME_list = NAME_returned.exchange(nullptr);
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
	slot->next = NAME_returned.load();
	while (!NAME_returned.compare_exchange_weak(slot->next, slot)) {
	}
}
