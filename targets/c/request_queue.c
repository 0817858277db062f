/*
 * A server's request queue: a thousand requests wait, the oldest is answered, a new one arrives.
 * All are of one size and each is allocated and freed by itself.
 *
 * expect: finding kind=slab function~request_new
 * expect: only
 * expect.fix: no-finding kind=slab
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../pools.h"

#define WAITING 1000
#define REQUESTS 400000

struct request {
	struct request *next;
	unsigned id, verb, length;
	char path[68];
};

#ifdef FIX
SLAB(request, 96, 682)
#else
static inline void *request_get(void) { return malloc(sizeof(struct request)); }
static inline void request_put(void *p) { free(p); }
#endif

static __attribute__((noinline)) struct request *request_new(unsigned id)
{
	struct request *r = request_get();
	r->next = NULL;
	r->id = id;
	r->verb = id % 4;
	r->length = id % 60;
	memset(r->path, 'a' + id % 26, r->length);
	return r;
}

int main(void)
{
	struct request *head = request_new(0), *tail = head;
	unsigned long sum = 0;
	for (unsigned i = 1; i < REQUESTS; i++) {
		tail = tail->next = request_new(i);
		if (i < WAITING)
			continue;
		struct request *r = head;
		head = r->next;
		sum += r->verb + r->length + (r->length ? (unsigned char)r->path[0] : 0);
		request_put(r);
	}
	while (head) {
		struct request *r = head;
		head = r->next;
		sum += r->id;
		request_put(r);
	}
	printf("%lu\n", sum);
	return 0;
}
