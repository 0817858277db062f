/*
 * Messages of a queue, each with a body and a tag: three blocks made and freed together, five hundred
 * at a time.
 *
 * expect: finding kind=bundle function=message_new
 * expect: only
 * expect.fix: no-finding kind=bundle
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include "../pools.h"

#define PLACES 512

struct body {
	char text[256];
};

struct message {
	unsigned id;
	struct body *body;
	char *tag;
};

#ifdef FIX
struct message_slot {
	_Alignas(16) struct message message;
	_Alignas(16) struct body body;
	_Alignas(16) char tag[24];
};
SLAB(slot, sizeof(struct message_slot), 204)
#endif

static __attribute__((noinline)) struct message *message_new(unsigned id)
{
#ifdef FIX
	struct message_slot *slot = slot_get();
	struct message *m = &slot->message;
	m->body = &slot->body;
	m->tag = slot->tag;
#else
	struct message *m = malloc(sizeof *m);
	m->body = malloc(sizeof *m->body);
	m->tag = malloc(24);
#endif
	m->id = id;
	m->body->text[id % 256] = (char)id;
	m->tag[0] = (char)id;
	return m;
}

static unsigned message_drop(struct message *m)
{
	unsigned sum = m->id ^ (unsigned char)m->tag[0];
#ifdef FIX
	slot_put(m);
#else
	free(m->tag);
	free(m->body);
	free(m);
#endif
	return sum;
}

int main(void)
{
	static struct message *queue[PLACES];
	unsigned long sum = 0;
	unsigned seed = 3;
	for (unsigned i = 0; i < 200000; i++) {
		seed = seed * 1664525u + 1013904223u;
		unsigned at = seed >> 23;
		if (queue[at])
			sum += message_drop(queue[at]);
		queue[at] = message_new(i);
	}
	for (unsigned i = 0; i < PLACES; i++)
		if (queue[i])
			sum += message_drop(queue[i]);
	printf("%lu\n", sum);
	return 0;
}
