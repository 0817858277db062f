/*
 * Fills a cache in the first fifth of a run of a few milliseconds and then only asks it.  Seen by its
 * events alone it grows to the end: there are no others.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>

#define ENTRIES 4000

struct entry { unsigned key, value; char text[100]; };

static struct entry *cache[ENTRIES];

static __attribute__((noinline)) void cache_insert(unsigned i)
{
	struct entry *e = cache[i] = malloc(sizeof *e);
	e->key = i * 2654435761u;
	e->value = e->key >> 20;
	e->text[0] = (char)i;
}

static __attribute__((noinline)) unsigned cache_ask(unsigned seed)
{
	unsigned h = 0;
	for (unsigned i = 0; i < ENTRIES; i++)
		h = h * 31 + (cache[(i * 7 + seed) % ENTRIES]->value ^ seed);
	return h;
}

int main(void)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < ENTRIES; i++)
		cache_insert(i);
	for (unsigned i = 0; i < 600; i++)
		sum += cache_ask(i);
	printf("%u\n", sum);
	return 0;
}
