/*
 * A handler leaves with siglongjmp, at any moment, out of our own hooks too (the allocator below us
 * allows that); then the program goes on allocating.
 *
 * promise: the hook that was jumped out of may lose its event, and says so; nothing stays locked and
 * the thread's later events are recorded.
 * ldflags: -pthread -Wl,-rpath,$ORIGIN -l:signal_malloc.so
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

#include "ledger.h"

enum { N_JUMPS = 500 };

static pthread_t victim;
static sigjmp_buf back;
static unsigned n_jumps;

static void handler(int sig)
{
	(void)sig;
	__atomic_add_fetch(&n_jumps, 1, __ATOMIC_RELEASE);
	siglongjmp(back, 1);
}

static void *send(void *arg)
{
	for (unsigned i = 0; i < N_JUMPS; i++) {
		pthread_kill(victim, SIGUSR1);
		while (__atomic_load_n(&n_jumps, __ATOMIC_ACQUIRE) == i)
			sched_yield();
	}
	return arg;
}

__attribute__((noinline)) static void descend(unsigned depth)
{
	if (depth)
		descend(depth - 1);
	else
		free(keep(malloc(77)));
	__asm__ __volatile__("");
}

int main(void)
{
	pthread_t sender;
	struct sigaction action = {.sa_handler = handler};
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	victim = pthread_self();
	sigaction(SIGUSR1, &action, NULL);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	pthread_create(&sender, NULL, send, NULL);
	volatile unsigned i = 0;
	if (sigsetjmp(back, 1) == 0 || n_jumps < N_JUMPS) {
		pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
		while (__atomic_load_n(&n_jumps, __ATOMIC_ACQUIRE) < N_JUMPS)
			descend(i++ % 60);
	}
	pthread_join(sender, NULL);
	free(keep(malloc(1))); /* from the top: whatever hook was left is known to be gone */
	for (size_t n = 1; n <= 1000; n++)
		led_free(led_malloc(n));
	printf("%u jumps out of a handler\n", n_jumps);
	return 0;
}
