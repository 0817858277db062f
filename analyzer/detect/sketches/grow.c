/* For the buffers that grow in PLACE: keep the room beside the size, and ask for more only
 * when it is used up.  NULL: out of memory. */
#include <stdlib.h>

void *NAME_room(void *at, size_t *room, size_t needed)
{
	if (needed <= *room)
		return at;
	size_t more = needed > 2 * *room ? needed : 2 * *room;
	void *p = realloc(at, more);
	if (p)
		*room = more;
	return p;
}
