/*
 * Loads a hundred thousand messages at the start, drains them, and then runs with a handful at a
 * time for the rest of its life: a pool of the peak's size would hoard memory for nothing.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST 100000

struct message { struct message *next; unsigned id; char text[80]; };

static __attribute__((noinline)) struct message *message_new(unsigned id)
{
	struct message *m = malloc(sizeof *m);
	m->next = NULL;
	m->id = id;
	memset(m->text, 'm', sizeof m->text);
	return m;
}

static unsigned long message_work(const struct message *m, int rounds)
{
	unsigned long h = m->id;
	for (int i = 0; i < rounds; i++)
		h = h * 0x9E3779B97F4A7C15ul + (unsigned char)m->text[i % 80];
	return h;
}

int main(void)
{
	struct message *first = NULL;
	unsigned long sum = 0;
	for (unsigned i = 0; i < BURST; i++) {
		struct message *m = message_new(i);
		m->next = first;
		first = m;
	}
	while (first) {
		struct message *m = first;
		first = m->next;
		sum += message_work(m, 40);
		free(m);
	}
	for (unsigned i = 0; i < 4000; i++) {
		struct message *m = message_new(i);
		sum += message_work(m, 60000);
		free(m);
	}
	printf("%lu\n", sum);
	return 0;
}
