/* For the buffers that grow in PLACE: start with this room instead.
 * Wrong for those that mostly stay small. */
#include <stdlib.h>

enum { NAME_first_bytes = RESERVE_BYTES };

void *NAME_start(size_t *room)
{
	*room = NAME_first_bytes;
	return malloc(NAME_first_bytes);
}
