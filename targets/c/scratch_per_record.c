/*
 * Decodes records, each with a 16 KiB scratch buffer that is allocated on entry and freed on exit.
 *
 * expect: finding kind=hoist function~record_decode
 * expect: only
 * expect.fix: no-finding kind=hoist
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH 16384

static __attribute__((noinline)) unsigned long record_decode(const unsigned char *in, size_t n)
{
#ifdef FIX
	static unsigned char *scratch;
	if (!scratch)
		scratch = malloc(SCRATCH);
#else
	unsigned char *scratch = malloc(SCRATCH);
#endif
	unsigned long sum = 0;
	for (size_t i = 0; i < n; i++)
		scratch[i] = in[i] ^ 0x55;
	for (size_t i = 0; i < n; i += 7)
		sum += scratch[i];
#ifndef FIX
	free(scratch);
#endif
	return sum;
}

int main(void)
{
	unsigned char record[48];
	unsigned long sum = 0;
	for (unsigned i = 0; i < 400000; i++) {
		memset(record, (int)(i & 255), sizeof record);
		sum += record_decode(record, 16 + i % 32);
	}
	printf("%lu\n", sum);
	return 0;
}
