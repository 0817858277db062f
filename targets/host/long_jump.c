/*
 * Jumps over many frames that have allocated, up and over again, and allocates from what reuses
 * their stack; from a handler too.
 *
 * promise: each block has the stack that was really there (the site names tell: `first_way` and
 * `second_way` allocate equally often).
 * cflags: -D_GNU_SOURCE -Wno-infinite-recursion
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

#include "ledger.h"

static jmp_buf out;
static sigjmp_buf handler_out;

__attribute__((noinline)) static void leave(int depth)
{
	void *p = led_malloc(64);
	led_free(p);
	if (depth == 0)
		longjmp(out, 1);
	leave(depth - 1);
	__asm__ __volatile__("");
}

__attribute__((noinline)) static void first_way(void)
{
	led_free(led_malloc(100));
	leave(20);
}

__attribute__((noinline)) static void second_way(void)
{
	volatile char room[200];
	room[0] = 1;
	led_free(led_malloc(200));
	leave(10 + room[0]);
}

static void handler(int sig)
{
	led_free(led_malloc(300));
	siglongjmp(handler_out, sig);
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler};
	sigaction(SIGUSR1, &action, NULL);
	volatile int n_back = 0;
	for (volatile int i = 0; i < 1000; i++) {
		if (setjmp(out) == 0) {
			if (i % 2)
				first_way();
			else
				second_way();
		}
		n_back++;
		if (sigsetjmp(handler_out, 1) == 0)
			raise(SIGUSR1);
	}
	printf("came back %d times\n", n_back);
	return 0;
}
