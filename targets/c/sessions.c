/*
 * Sessions of a server: each is a session, its name, its input and output buffer and its statistics,
 * five blocks made and freed together.  Some hundreds are open; which one closes is random.
 *
 * expect: finding kind=bundle function~session_open
 * expect: only
 * expect.fix: no-finding kind=bundle
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../pools.h"

#define OPEN 700
#define TURNS 90000

struct stats { unsigned long in, out; unsigned errors; };
struct session { char *name, *input, *output; struct stats *stats; unsigned id; };

#ifdef FIX
struct session_slot {
	_Alignas(16) struct session session;
	_Alignas(16) char name[32];
	_Alignas(16) char input[256];
	_Alignas(16) char output[256];
	_Alignas(16) struct stats stats;
};
SLAB(slot, sizeof(struct session_slot), 104)
#endif

static __attribute__((noinline)) struct session *session_open(unsigned id)
{
#ifdef FIX
	struct session_slot *slot = slot_get();
	struct session *s = &slot->session;
	s->name = slot->name;
	s->input = slot->input;
	s->output = slot->output;
	s->stats = &slot->stats;
#else
	struct session *s = malloc(sizeof *s);
	s->name = malloc(32);
	s->input = malloc(256);
	s->output = malloc(256);
	s->stats = malloc(sizeof *s->stats);
#endif
	s->id = id;
	s->name[0] = (char)('a' + id % 26);
	s->input[0] = s->output[0] = 0;
	s->stats->in = s->stats->out = id % 100;
	s->stats->errors = 0;
	return s;
}

static void session_close(struct session *s)
{
#ifdef FIX
	slot_put(s);
#else
	free(s->stats);
	free(s->output);
	free(s->input);
	free(s->name);
	free(s);
#endif
}

int main(void)
{
	static struct session *open[OPEN];
	unsigned seed = 3;
	unsigned long sum = 0;
	for (unsigned i = 0; i < OPEN; i++)
		open[i] = session_open(i);
	for (unsigned i = 0; i < TURNS; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned k = (seed >> 8) % OPEN;
		sum += open[k]->stats->in + (unsigned char)open[k]->name[0];
		session_close(open[k]);
		open[k] = session_open(i);
	}
	for (unsigned i = 0; i < OPEN; i++)
		session_close(open[i]);
	printf("%lu\n", sum);
	return 0;
}
