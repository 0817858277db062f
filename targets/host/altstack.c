/*
 * A signal handler on an alternate stack of 8 KiB that allocates, from 20 calls down, in several
 * threads; a stack that has never been seen before, so that the slow way is taken too.
 *
 * promise: no overflow; the stack goes through the signal frame to the thread's root.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "ledger.h"

enum { ALTSTACK_BYTES = 8192, PAGE = 4096 };

__attribute__((noinline)) static void descend(int depth)
{
	if (depth == 0) {
		void *p = led_malloc(200);
		p = led_realloc(p, 400);
		led_free(p);
	} else {
		descend(depth - 1);
	}
	__asm__ __volatile__("");
}

static void handler(int sig)
{
	(void)sig;
	descend(20);
}

static void *thread_main(void *arg)
{
	char *memory = mmap(NULL, PAGE + ALTSTACK_BYTES, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(memory, PAGE, PROT_NONE);
	stack_t alternate = {.ss_sp = memory + PAGE, .ss_size = ALTSTACK_BYTES};
	sigaltstack(&alternate, NULL);
	for (int i = 0; i < 50; i++)
		pthread_kill(pthread_self(), SIGUSR1);
	alternate.ss_flags = SS_DISABLE;
	sigaltstack(&alternate, NULL);
	munmap(memory, PAGE + ALTSTACK_BYTES);
	return arg;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigaction(SIGUSR1, &action, NULL);
	thread_main(NULL);
	pthread_t thread[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, thread_main, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	printf("handlers on 8 KiB\n");
	return 0;
}
