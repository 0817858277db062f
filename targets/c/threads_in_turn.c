/*
 * Eight threads answer requests in turn.  Each request needs four megabytes for a moment, which then stay
 * in the arena of its thread.
 *
 * ldflags: -pthread
 * expect: finding kind=tunable function=answer evidence.tunables=glibc.malloc.arena_max=2
 * expect: no-finding kind=slab
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8
#define REQUESTS 24
#define BLOCKS 6000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned turn, sum;
static char *kept[REQUESTS];

static __attribute__((noinline)) void answer(unsigned request)
{
	static char *blocks[BLOCKS];
	for (unsigned i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(500 + i * 37 % 400);
		blocks[i][0] = (char)i;
	}
	kept[request] = malloc(100);
	for (unsigned i = 0; i < BLOCKS; i++) {
		sum += (unsigned char)blocks[i][0];
		free(blocks[i]);
	}
}

static void *serve(void *number)
{
	pthread_mutex_lock(&lock);
	while (turn < REQUESTS) {
		if (turn % THREADS != (unsigned)(size_t)number) {
			pthread_cond_wait(&changed, &lock);
			continue;
		}
		answer(turn++);
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, serve, (void *)i);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < REQUESTS; i++)
		free(kept[i]);
	printf("%u\n", sum);
	return 0;
}
