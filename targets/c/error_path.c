/*
 * Handles messages; the copy of the payload is freed at the end of the handler, but not on the
 * early return for a bad checksum, one message in twelve.
 *
 * expect: finding kind=leak function~message_handle
 * expect: only
 * expect.fix: no-finding kind=leak
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((noinline)) int message_handle(const char *data, size_t n, unsigned id)
{
	char *copy = malloc(n);
	memcpy(copy, data, n);
	if (id % 12 == 5) {
#ifdef FIX
		free(copy);
#endif
		return -1;
	}
	unsigned sum = 0;
	for (int round = 0; round < 40; round++)
		for (size_t i = 0; i < n; i++)
			sum = sum * 31 + (unsigned char)copy[i] + id;
	free(copy);
	return (int)(sum & 1);
}

int main(void)
{
	char data[300];
	long sum = 0;
	memset(data, 'x', sizeof data);
	for (unsigned i = 0; i < 60000; i++)
		sum += message_handle(data, 150 + i % 150, i);
	printf("%ld\n", sum);
	return 0;
}
