/*
 * The request queue with a pool of its own: half a million requests, a handful of allocator calls.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>
#include "../pools.h"

struct request { struct request *next; unsigned id; char path[80]; };

SLAB(request, sizeof(struct request), 256)

int main(void)
{
	struct request *head = NULL, **tail = &head;
	unsigned long sum = 0;
	for (unsigned i = 0; i < 500000; i++) {
		struct request *r = request_get();
		r->id = i;
		r->next = NULL;
		*tail = r;
		tail = &r->next;
		if (i >= 500) {
			r = head;
			head = r->next;
			sum += r->id;
			request_put(r);
		}
	}
	printf("%lu\n", sum);
	return 0;
}
