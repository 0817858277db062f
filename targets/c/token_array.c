/*
 * Reads tokens into an array that doubles as it fills, always to some nine hundred of them.
 *
 * expect: finding kind=reserve function=read_tokens
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>

#ifdef FIX
#define FIRST_ROOM 1024
#else
#define FIRST_ROOM 4
#endif

static __attribute__((noinline)) unsigned *read_tokens(unsigned seed, size_t *n)
{
	size_t room = FIRST_ROOM;
	unsigned *t = malloc(room * sizeof *t);
	for (*n = 0; *n < 860 + seed % 80; ++*n) {
		if (*n == room) {
			room *= 2;
			t = realloc(t, room * sizeof *t);
		}
		t[*n] = seed + (unsigned)*n;
	}
	return t;
}

int main(void)
{
	unsigned long sum = 0;
	for (unsigned i = 0; i < 12000; i++) {
		size_t n;
		unsigned *t = read_tokens(i, &n);
		sum += t[n - 1];
		free(t);
	}
	printf("%lu\n", sum);
	return 0;
}
