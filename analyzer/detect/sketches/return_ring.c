/* Pool with a way back for PLACE: the maker calls NAME_get(), any thread NAME_put().
 * One maker; with several, make it _Thread_local and keep the owner in the slot. Wrong if
 * blocks are put after the maker has ended. */
#include <stdatomic.h>
#include <stdlib.h>

union NAME_slot {
	union NAME_slot *next;
	_Alignas(16) unsigned char bytes[SLOT_BYTES];
};
static union NAME_slot *NAME_list;
static _Atomic(union NAME_slot *) NAME_returned;

void *NAME_get(void)
{
	if (!NAME_list)
		NAME_list = atomic_exchange(&NAME_returned, NULL);
	if (!NAME_list) {
		union NAME_slot *chunk = malloc(CHUNK_SLOTS * sizeof *chunk);
		if (!chunk)
			return NULL;
		for (size_t i = CHUNK_SLOTS; i-- > 0; NAME_list = &chunk[i])
			chunk[i].next = NAME_list;
	}
	union NAME_slot *slot = NAME_list;
	NAME_list = slot->next;
	return slot;
}

void NAME_put(void *p)
{
	union NAME_slot *slot = p;
	slot->next = atomic_load(&NAME_returned);
	while (!atomic_compare_exchange_weak(&NAME_returned, &slot->next, slot))
		;
}
