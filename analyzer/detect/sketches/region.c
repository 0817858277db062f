/* Region for what is allocated under PLACE: bump allocation, one reset a round.
 * Wrong if a block is used after the reset, or rounds overlap. Largest block: a chunk less 16. */
#include <stdlib.h>

enum { NAME_chunk_bytes = CHUNK_BYTES };
static struct NAME_chunk {
	struct NAME_chunk *next;
	size_t used;
} *NAME_first, *NAME_now;

void *NAME_get(size_t bytes)
{
	bytes = (bytes + 15) & ~(size_t)15;
	if (!NAME_now || NAME_now->used + bytes > NAME_chunk_bytes) {
		struct NAME_chunk **at = NAME_now ? &NAME_now->next : &NAME_first;
		if (!*at && (*at = malloc(NAME_chunk_bytes)))
			(*at)->next = NULL;
		if (!*at || bytes > NAME_chunk_bytes - sizeof **at)
			return NULL;
		NAME_now = *at;
		NAME_now->used = sizeof **at;
	}
	void *p = (char *)NAME_now + NAME_now->used;
	NAME_now->used += bytes;
	return p;
}

void NAME_reset(void)
{
	NAME_now = NAME_first;
	if (NAME_now)
		NAME_now->used = sizeof *NAME_now;
}
