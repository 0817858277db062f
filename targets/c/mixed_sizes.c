/*
 * Strings of 1 to 4,000 bytes replaced at random: no slot size fits, most of a slot would be empty.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRINGS 600

static __attribute__((noinline)) char *string_new(unsigned random)
{
	size_t n = 1 + random % 4000;
	if (random & 0x4000)
		n = 1 + n % 40;
	char *s = malloc(n);
	memset(s, (int)(random & 127), n);
	return s;
}

int main(void)
{
	static char *strings[STRINGS];
	unsigned long sum = 0;
	unsigned seed = 31;
	for (unsigned i = 0; i < 120000; i++) {
		seed = seed * 1103515245u + 12345u;
		char **s = &strings[(seed >> 8) % STRINGS];
		if (*s)
			sum += (unsigned char)(*s)[0];
		free(*s);
		*s = string_new(seed >> 5);
		for (int k = 0; k < 500; k++)
			sum = sum * 31 + (unsigned long)k;
	}
	for (int i = 0; i < STRINGS; i++)
		free(strings[i]);
	printf("%lu\n", sum);
	return 0;
}
