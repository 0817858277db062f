/* One buffer for PLACE, kept; do not free what it returns.
 * Wrong if the function calls itself or the buffer escapes. */
#include <stdlib.h>

void *NAME_buffer(size_t bytes)
{
	STORAGE void *kept;
	STORAGE size_t room;
	if (bytes > room || !kept) {
		free(kept);
		room = bytes > BUFFER_BYTES ? bytes : BUFFER_BYTES;
		kept = malloc(room);
	}
	return kept;
}
