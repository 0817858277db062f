/*
 * Loads a batch of records of mixed size, sorts it, writes it out and frees it, last one first; the
 * heap's top goes back to the system after each batch and is faulted in again for the next.
 *
 * expect: finding kind=tunable
 * expect: only
 * expect.fix: no-finding kind=tunable
 * fix: yes
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 60
#define RECORDS 500

static int by_first_byte(const void *a, const void *b)
{
	return **(const char *const *)a - **(const char *const *)b;
}

static __attribute__((noinline)) char *record_load(unsigned random)
{
	size_t n = 4000 + random % 9000;
	char *r = malloc(n);
	memset(r, (int)(random & 127), n);
	return r;
}

int main(void)
{
	static char *records[RECORDS], *order[RECORDS];
	unsigned long sum = 0;
	unsigned seed = 13;
#ifdef FIX
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
	for (int b = 0; b < BATCHES; b++) {
		for (int i = 0; i < RECORDS; i++) {
			seed = seed * 1103515245u + 12345u;
			order[i] = records[i] = record_load(seed >> 8);
		}
		qsort(order, RECORDS, sizeof *order, by_first_byte);
		sum += (unsigned char)order[RECORDS / 2][0];
		for (int i = RECORDS; i-- > 0;)
			free(records[i]);
	}
	printf("%lu\n", sum);
	return 0;
}
