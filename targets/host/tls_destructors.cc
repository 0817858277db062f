/*
 * Destructors of thread-local things allocate and free when the thread is nearly gone: C++
 * thread_local objects, and pthread keys that set themselves again for all rounds that there are.
 *
 * promise: those events are recorded too, under the thread's own number; nothing is left behind.
 * ldflags: -pthread
 */
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static pthread_key_t key;
static unsigned n_rounds;

struct holder {
	void *block = nullptr;
	~holder()
	{
		led_free(block);
		led_free(led_malloc(2000));
	}
};

static thread_local holder held;

static void key_round(void *block)
{
	led_free(block);
	void *next = led_malloc(3000);
	if (__atomic_add_fetch(&n_rounds, 1, __ATOMIC_RELAXED) % 4 != 0)
		pthread_setspecific(key, next);
	else
		led_free(next);
}

static void *thread_main(void *)
{
	held.block = led_malloc(1000);
	pthread_setspecific(key, led_malloc(3000));
	return nullptr;
}

int main()
{
	pthread_key_create(&key, key_round);
	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		pthread_create(&thread, nullptr, thread_main, nullptr);
		pthread_join(thread, nullptr);
	}
	printf("%u rounds of key destructors\n", n_rounds);
	return 0;
}
