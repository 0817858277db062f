/*
 * One entry in sixteen stays.  Entries are small, so that of the others' memory every page keeps one: no
 * trimming gives it back.
 *
 * expect: finding kind=segregate function=make_survivor
 * expect: no-finding kind=growing-cache
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 60000

static __attribute__((noinline)) char *make_entry(void)
{
	return memset(malloc(240), 1, 240);
}

static __attribute__((noinline)) char *make_survivor(void)
{
	return memset(malloc(240), 2, 240);
}

int main(void)
{
	static char *entries[ENTRIES];
	volatile unsigned long sum = 0;
	for (unsigned i = 0; i < ENTRIES; i++)
		entries[i] = i % 16 == 8 ? make_survivor() : make_entry();
	for (unsigned i = 0; i < ENTRIES; i++)
		if (i % 16 != 8)
			free(entries[i]);
	for (unsigned i = 0; i < 200000; i++) {
		char *volatile answer = malloc(64);
		answer[0] = (char)i;
		sum += (unsigned long)answer[0];
		free(answer);
	}
	printf("%lu\n", sum & 1);
	return 0;
}
