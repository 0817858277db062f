/*
 * Five large tables, allocated once, held to the end: memory in use, and rightly so.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	unsigned *tables[5];
	unsigned long sum = 0;
	for (unsigned t = 0; t < 5; t++) {
		tables[t] = malloc(1 << 20);
		for (unsigned i = 0; i < (1 << 18); i++)
			tables[t][i] = i * (t + 1);
	}
	for (int round = 0; round < 40; round++)
		for (unsigned t = 0; t < 5; t++)
			for (unsigned i = 0; i < (1 << 18); i += 3)
				sum += tables[t][i] ^ (unsigned)round;
	for (unsigned t = 0; t < 5; t++)
		free(tables[t]);
	printf("%lu\n", sum);
	return 0;
}
