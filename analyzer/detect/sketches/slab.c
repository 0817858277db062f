/* Slab for PLACE: THREADS.
 * Wrong if a block outgrows its slot or is freed elsewhere; slots are not cleared, chunks
 * are kept, sanitizers see one block per chunk. */
#include <stdlib.h>

union NAME_slot {
	union NAME_slot *next;
	_Alignas(16) unsigned char bytes[SLOT_BYTES];
};
STORAGE union NAME_slot *NAME_list;

void *NAME_get(void)
{
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
	slot->next = NAME_list;
	NAME_list = slot;
}
