/*
 * Two threads that allocate for themselves; one block in a thousand is freed by the other.  Nothing
 * is fast enough to matter.
 *
 * ldflags: -pthread
 * expect: none
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic(void *) mailbox;
static unsigned long sums[2];

static unsigned long work(unsigned long v)
{
	for (int i = 0; i < 3000; i++)
		v = v * 6364136223846793005ul + 1442695040888963407ul;
	return v;
}

static __attribute__((noinline)) unsigned long *item_new(unsigned long v)
{
	unsigned long *item = malloc(12 * sizeof *item);
	item[0] = v;
	return item;
}

static void *run(void *arg)
{
	unsigned long me = (unsigned long)arg, sum = 0;
	for (unsigned i = 0; i < 15000; i++) {
		unsigned long *item = item_new(i);
		sum += work(item[0]) >> 32;
		void *other = item;
		if (i % 1000 == 999)
			other = atomic_exchange(&mailbox, item);
		free(other);
	}
	sums[me] = sum;
	return NULL;
}

int main(void)
{
	pthread_t threads[2];
	for (unsigned long i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, run, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	free(atomic_load(&mailbox));
	printf("%lu\n", sums[0] + sums[1]);
	return 0;
}
