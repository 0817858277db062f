/*
 * One thread allocates 20,000 blocks, another frees them; the queue holds at most 64.
 *
 * ldflags: -pthread
 * expect: site function=produce allocs=20000 frees=20000 bytes=960000 live=0 peak_blocks<=66
 * expect: health lost_events=0 unmatched_frees=0
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "target.h"

enum { N_BLOCKS = 20000, ROOM = 64 };

static void *queue[ROOM];
static unsigned n_put, n_got;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static NOINLINE void produce(void)
{
	void *p = keep(malloc(48));

	pthread_mutex_lock(&lock);
	while (n_put - n_got == ROOM)
		pthread_cond_wait(&changed, &lock);
	queue[n_put++ % ROOM] = p;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void *consumer(void *unused)
{
	(void)unused;
	for (int i = 0; i < N_BLOCKS; i++) {
		pthread_mutex_lock(&lock);
		while (n_put == n_got)
			pthread_cond_wait(&changed, &lock);
		void *p = queue[n_got++ % ROOM];
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		free(p);
	}
	return NULL;
}

int main(void)
{
	pthread_t t;

	pthread_create(&t, NULL, consumer, NULL);
	for (int i = 0; i < N_BLOCKS; i++)
		produce();
	pthread_join(t, NULL);
	printf("handed over %u\n", n_got);
	return 0;
}
