/* See live_addresses.h. */
#include "cmd/live_addresses.h"

#include <stdlib.h>

#include "util/mem.h"

#define FIRST_MASK 1023u

void live_addresses_init(struct live_addresses *s)
{
	*s = (struct live_addresses){.mask = FIRST_MASK};
	s->address = mem_zalloc(s->mask + 1, sizeof *s->address);
}

void live_addresses_release(struct live_addresses *s)
{
	free(s->address);
}

static uint64_t live_slot(const struct live_addresses *s, uint64_t address)
{
	uint64_t i = (address * 0x9E3779B97F4A7C15ull >> 20) & s->mask;
	while (s->address[i] && s->address[i] != address)
		i = (i + 1) & s->mask;
	return i;
}

bool live_addresses_have(void *context, uint64_t address)
{
	const struct live_addresses *s = context;
	return address && s->address[live_slot(s, address)] == address;
}

static void live_add(struct live_addresses *s, uint64_t address)
{
	if (s->n * 2 >= s->mask) {
		struct live_addresses more = {.n = s->n, .mask = s->mask * 2 + 1};
		more.address = mem_zalloc(more.mask + 1, sizeof *more.address);
		for (uint64_t i = 0; i <= s->mask; i++)
			if (s->address[i])
				more.address[live_slot(&more, s->address[i])] = s->address[i];
		free(s->address);
		*s = more;
	}

	uint64_t i = live_slot(s, address);
	s->n += s->address[i] == 0;
	s->address[i] = address;
}

static void live_remove(struct live_addresses *s, uint64_t address)
{
	uint64_t i = live_slot(s, address);
	if (s->address[i] != address)
		return;
	s->n--;
	s->address[i] = 0;
	for (i = (i + 1) & s->mask; s->address[i]; i = (i + 1) & s->mask) {
		uint64_t moved = s->address[i];
		s->address[i] = 0;
		s->address[live_slot(s, moved)] = moved;
	}
}

void live_addresses_note(struct live_addresses *s, const struct event *e)
{
	if (e->kind == EVENT_ALLOC && e->address)
		live_add(s, e->address);
	else if (e->kind == EVENT_FREE && e->address)
		live_remove(s, e->address);
}
