/*
 * Signals at any moment, our own hooks included: a second thread sends one after another to the
 * first, which allocates all the time; the handler allocates too (the allocator below us is one that
 * may be called from a handler).
 *
 * promise: no deadlock, no recursion; an event that cannot be kept is counted as lost, the others
 * are there.
 * ldflags: -pthread -Wl,-rpath,$ORIGIN -l:signal_malloc.so
 * cflags: -D_GNU_SOURCE
 */
#define LEDGER_ENTRIES 1048576
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "ledger.h"

enum { N_SIGNALS = 3000 };

static pthread_t victim;
static unsigned n_handled;

__attribute__((noinline)) static void descend(unsigned depth)
{
	if (depth)
		descend(depth - 1);
	else
		led_free(led_malloc(depth + 24));
	__asm__ __volatile__("");
}

static void handler(int sig)
{
	int saved_errno = errno;
	(void)sig;
	descend(n_handled % 30);
	__atomic_add_fetch(&n_handled, 1, __ATOMIC_RELEASE);
	errno = saved_errno;
}

static void *send(void *arg)
{
	for (unsigned i = 0; i < N_SIGNALS; i++) {
		pthread_kill(victim, SIGUSR1);
		while (__atomic_load_n(&n_handled, __ATOMIC_ACQUIRE) == i)
			sched_yield();
	}
	return arg;
}

int main(void)
{
	pthread_t sender;
	struct sigaction action = {.sa_handler = handler};
	sigaction(SIGUSR1, &action, NULL);
	victim = pthread_self();
	pthread_create(&sender, NULL, send, NULL);
	for (unsigned i = 0; __atomic_load_n(&n_handled, __ATOMIC_ACQUIRE) < N_SIGNALS; i++)
		descend(i % 40);
	pthread_join(sender, NULL);
	printf("%u signals handled\n", n_handled);
	return 0;
}
