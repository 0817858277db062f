/*
 * So many threads at once that their stacks take most of the mappings that a process may have.
 *
 * usage: many_small N
 * promise: each thread begins, and each one's events are recorded.
 * cflags: -D_GNU_SOURCE
 * ldflags: -pthread
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_barrier_t all_there;

static void *work(void *arg)
{
	char *volatile block = malloc(100);
	block[0] = 1;
	pthread_barrier_wait(&all_there);
	free(block);
	return arg;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1000;
	pthread_t *thread = malloc((size_t)n * sizeof *thread);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	pthread_barrier_init(&all_there, NULL, (unsigned)n + 1);
	for (int i = 0; i < n; i++) {
		int error = pthread_create(&thread[i], &attr, work, NULL);
		if (error) {
			printf("thread %d: error %d\n", i, error);
			exit(1);
		}
	}
	pthread_barrier_wait(&all_there);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	free(thread);
	printf("%d threads\n", n);
	return 0;
}
