/*
 * Work of two kinds under one function: thousands of rounds of four blocks each, and a few rounds of
 * three thousand, which hold most of the blocks.  Each round is like the one before it, and yet
 * nothing is constructed again and again: what is advised is a region for the large rounds.
 *
 * expect: finding kind=region function=make_message
 * expect: no-finding kind=constructed-reuse
 * expect.fix: no-finding kind=region
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include "../pools.h"
#include "../target.h"

struct message {
	struct message *next;
	char text[88];
};

#ifdef FIX
ARENA(messages, 65536)
#endif

static NOINLINE unsigned short_array(unsigned n)
{
	char *parts[8];
	unsigned sum = 0;
	for (unsigned i = 0; i < 4; i++)
		parts[i] = keep(malloc(16 + i + n % 16));
	for (unsigned i = 0; i < 4; i++) {
		sum += parts[i] != NULL;
		free(parts[i]);
	}
	return sum;
}

static NOINLINE struct message *make_message(struct message *next)
{
#ifdef FIX
	struct message *m = messages_get(sizeof *m);
#else
	struct message *m = malloc(sizeof *m);
#endif
	m->next = next;
	return m;
}

static NOINLINE void *make_index(unsigned n)
{
	return malloc(100 + n % 50);
}

static NOINLINE void *make_label(unsigned n)
{
	return malloc(24 + n % 8);
}

static NOINLINE unsigned long turn(unsigned n)
{
	unsigned long sum = 0;
	struct message *list = NULL;
	void *index = make_index(n), *label = make_label(n);
	for (unsigned i = 0; i < 3000; i++)
		list = make_message(list);
	free(index);
	free(label);
	for (struct message *m = list, *next; m; m = next) {
		next = m->next;
		sum++;
#ifndef FIX
		free(m);
#endif
	}
#ifdef FIX
	messages_reset();
#endif
	for (unsigned i = 0; i < 300; i++)
		sum += short_array(i);
	return sum;
}

int main(void)
{
	unsigned long sum = 0;
	for (unsigned i = 0; i < 60; i++)
		sum += turn(i);
	printf("%lu\n", sum);
	return 0;
}
