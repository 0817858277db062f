/*
 * Builds its tables at the start, interning forty thousand symbols, uses them for the rest of the
 * run and never frees them: neither a leak nor a cache.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS 40000
#define BUCKETS 65536

struct symbol { struct symbol *next; unsigned hash; char name[20]; };

static struct symbol **table;

static unsigned hash(const char *s)
{
	unsigned h = 5381;
	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h;
}

static __attribute__((noinline)) void symbol_intern(const char *name)
{
	struct symbol *s = malloc(sizeof *s);
	s->hash = hash(name);
	strcpy(s->name, name);
	s->next = table[s->hash % BUCKETS];
	table[s->hash % BUCKETS] = s;
}

static struct symbol *symbol_find(const char *name)
{
	unsigned h = hash(name);
	for (struct symbol *s = table[h % BUCKETS]; s; s = s->next)
		if (s->hash == h && !strcmp(s->name, name))
			return s;
	return NULL;
}

int main(void)
{
	char name[20];
	unsigned long sum = 0;
	table = calloc(BUCKETS, sizeof *table);
	for (unsigned i = 0; i < SYMBOLS; i++) {
		snprintf(name, sizeof name, "symbol-%u", i);
		symbol_intern(name);
	}
	for (unsigned i = 0; i < 1000000; i++) {
		snprintf(name, sizeof name, "symbol-%u", i * 7919u % (SYMBOLS * 2));
		struct symbol *s = symbol_find(name);
		sum += s ? s->hash & 1 : 2;
	}
	printf("%lu\n", sum);
	return 0;
}
