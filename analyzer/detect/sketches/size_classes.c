/* A free list for each size class of PLACE: THREADS.
 * Wrong if a block of NAME_get() goes to free(). */
#include <stddef.h>
#include <stdlib.h>

union NAME_block {
	size_t size_class;
	union NAME_block *next;
	char room[HEADER_BYTES];
};
STORAGE union NAME_block *NAME_lists[N_CLASSES];

void *NAME_get(size_t bytes)
{
	size_t size_class = (bytes + 15) / 16;
	union NAME_block *b = size_class < N_CLASSES ? NAME_lists[size_class] : NULL;
	if (b) {
		NAME_lists[size_class] = b[1].next;
		return b + 1;
	}
	b = (union NAME_block *)malloc((2 + size_class) * sizeof *b);
	if (!b)
		return NULL;
	b->size_class = size_class;
	return b + 1;
}

void NAME_put(void *p)
{
	union NAME_block *b = (union NAME_block *)p - 1;
	size_t size_class = b->size_class;
	if (size_class >= N_CLASSES) {
		free(b);
		return;
	}
	b[1].next = NAME_lists[size_class];
	NAME_lists[size_class] = b;
}
