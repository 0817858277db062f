/*
 * Coroutines with makecontext and swapcontext, on stacks from the heap, that allocate between the
 * switches, free each other's blocks, and are resumed by another thread than the one before.
 *
 * promise: no crash; a coroutine's stack ends at its own root.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <stdio.h>
#include <ucontext.h>

#include "ledger.h"

enum { N_COROUTINES = 20, N_ROUNDS = 100, STACK_BYTES = 32768 };

static struct coroutine {
	ucontext_t own, resumer;
	void *block;
	int n_runs;
} coroutine[N_COROUTINES];

__attribute__((noinline)) static void step(struct coroutine *co, int depth)
{
	if (depth) {
		step(co, depth - 1);
		__asm__ __volatile__("");
		return;
	}
	led_free(co->block);
	co->block = led_malloc(100 + (size_t)co->n_runs);
	co->n_runs++;
	swapcontext(&co->own, &co->resumer);
}

static void coroutine_main(unsigned number)
{
	for (;;)
		step(&coroutine[number], (int)number % 7);
}

static void *resume_all(void *arg)
{
	for (int i = 0; i < N_COROUTINES; i++)
		swapcontext(&coroutine[i].resumer, &coroutine[i].own);
	return arg;
}

int main(void)
{
	int sum = 0;
	for (unsigned i = 0; i < N_COROUTINES; i++) {
		getcontext(&coroutine[i].own);
		coroutine[i].own.uc_stack.ss_sp = led_malloc(STACK_BYTES);
		coroutine[i].own.uc_stack.ss_size = STACK_BYTES;
		coroutine[i].own.uc_link = NULL;
		makecontext(&coroutine[i].own, (void (*)(void))coroutine_main, 1, i);
	}
	for (int round = 0; round < N_ROUNDS; round++) {
		pthread_t thread;
		if (round % 2) {
			pthread_create(&thread, NULL, resume_all, NULL);
			pthread_join(thread, NULL);
		} else {
			resume_all(NULL);
		}
	}
	for (int i = 0; i < N_COROUTINES; i++) {
		sum += coroutine[i].n_runs;
		led_free(coroutine[i].block);
		led_free(coroutine[i].own.uc_stack.ss_sp);
	}
	printf("%d runs\n", sum);
	return 0;
}
