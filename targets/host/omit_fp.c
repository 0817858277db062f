/*
 * As release builds are: -O3, no frame pointers, functions with large and with variable frames, a
 * function that realigns its stack, tail calls.
 *
 * promise: complete stacks, from unwind tables alone; also when the test strips the file; errno kept
 * where a rule does not suffice and all registers are needed.
 * cflags: -D_GNU_SOURCE -O3 -fomit-frame-pointer -fno-asynchronous-unwind-tables -funwind-tables
 */
#include <alloca.h>
#include <stdio.h>

#include "ledger.h"

static int n_errno_changed;

__attribute__((noinline)) static void *large_frame(unsigned n)
{
	volatile char room[3000];
	room[n] = 1;
	errno = 0;
	void *p = led_malloc(n + room[n]);
	n_errno_changed += errno != 0;
	room[0] = 2;
	return p;
}

__attribute__((noinline)) static void *variable_frame(unsigned n)
{
	char *room = keep(alloca(n * 8 + 1));
	room[0] = 1;
	void *p = large_frame(n);
	keep(room);
	return p;
}

__attribute__((noinline)) static void *realigned_frame(unsigned n)
{
	_Alignas(128) char room[256];
	memset(room, 3, sizeof room);
	keep(room);
	void *p = variable_frame(n);
	keep(room);
	return p;
}

__attribute__((noinline)) static int compare(const void *a, const void *b)
{
	led_free(realigned_frame(20));
	return *(const int *)a - *(const int *)b;
}

int main(void)
{
	int number[64];
	for (int i = 0; i < 64; i++)
		number[i] = (i * 37) % 64;
	qsort(number, 64, sizeof *number, compare);
	for (unsigned n = 1; n < 500; n++)
		led_free(realigned_frame(n));
	printf("sorted: %d %d, errno changed %d times\n", number[0], number[63], n_errno_changed);
	return 0;
}
