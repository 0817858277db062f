/*
 * Imports files: each is read into a buffer, and one small index entry per file is kept for ever.
 * The entries lie between the buffers, so that the heap stays large when the buffers are gone.
 *
 * expect: finding kind=segregate function~index_add
 * expect: only
 * expect.fix: no-finding kind=segregate
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../pools.h"

#define FILES 20000
#define LOADED 1000

struct entry { struct entry *next; unsigned id, words; char name[40]; };

#ifdef FIX
SLAB(entry, 64, 1000)
#else
static void *entry_get(void) { return malloc(sizeof(struct entry)); }
#endif

static struct entry *entries;

static __attribute__((noinline)) char *file_load(unsigned id, size_t *n)
{
	*n = 6000 + id * 37 % 4000;
	char *bytes = malloc(*n);
	for (size_t i = 0; i < *n; i++)
		bytes[i] = (char)(id + i * 7);
	return bytes;
}

static __attribute__((noinline)) void index_add(unsigned id, const char *bytes, size_t n)
{
	struct entry *e = entry_get();
	e->id = id;
	e->words = 0;
	for (size_t i = 0; i < n; i++)
		e->words += bytes[i] == ' ';
	memset(e->name, 'n', sizeof e->name);
	e->next = entries;
	entries = e;
}

int main(void)
{
	static char *loaded[LOADED];
	unsigned long sum = 0;
	for (unsigned id = 0; id < FILES; id++) {
		size_t n;
		if (id < LOADED) {
			loaded[id] = file_load(id, &n);
			index_add(id, loaded[id], n);
		}
		if (id == LOADED)
			for (unsigned i = 0; i < LOADED; i++)
				free(loaded[i]);
		if (id >= LOADED)
			for (struct entry *e = entries; e; e = e->next)
				sum += e->words ^ id;
	}
#ifdef FIX
	(void)entry_put;
#endif
	printf("%lu\n", sum);
	return 0;
}
