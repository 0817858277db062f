/*
 * Reads one long list of numbers into an array that doubles as it fills: one array, grown once, and
 * then worked on.  Reserving would save twenty calls.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	unsigned *numbers = NULL, seed = 51;
	size_t used = 0, room = 0;
	for (int i = 0; i < 1000000; i++) {
		if (used == room) {
			room = room ? room * 2 : 4;
			numbers = realloc(numbers, room * sizeof *numbers);
		}
		seed = seed * 1103515245u + 12345u;
		numbers[used++] = seed;
	}
	unsigned long sum = 0;
	for (int round = 0; round < 150; round++)
		for (size_t i = 0; i < used; i++)
			sum += numbers[i] % 7 ^ (unsigned)round;
	printf("%lu\n", sum);
	free(numbers);
	return 0;
}
