/*
 * Forks again and again from a process whose other threads allocate all the time; each child
 * allocates at once, in its first thread and in a new one, and leaves by exit, _exit or a signal.
 *
 * promise: no child hangs; each has a trace of its own, linked to the parent's.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

enum { N_CHILDREN = 20, N_THREADS = 3 };

static int stop;

static void *busy(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		void *block[20];
		for (size_t i = 0; i < 20; i++)
			block[i] = led_malloc(10 + i * 37);
		for (int i = 0; i < 20; i++)
			led_free(block[i]);
		usleep(200);
	}
	return NULL;
}

static void *allocate(void *inherited)
{
	led_free(inherited);
	for (size_t i = 1; i <= 200; i++)
		led_free(led_malloc(i));
	return led_malloc(123);
}

static void child(int number, void *inherited)
{
	pthread_t thread;
	void *p = allocate(inherited);
	pthread_create(&thread, NULL, allocate, p);
	pthread_join(thread, NULL);
	if (number % 3 == 0)
		exit(number);
	if (number % 3 == 1)
		_exit(number);
	raise(SIGKILL);
}

int main(void)
{
	pthread_t thread[N_THREADS];
	int sum = 0;
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&thread[i], NULL, busy, NULL);
	for (int i = 0; i < N_CHILDREN; i++) {
		void *inherited = led_malloc(4321);
		pid_t pid = fork();
		if (pid == 0)
			child(i, inherited);
		int status;
		waitpid(pid, &status, 0);
		sum += WIFEXITED(status) ? WEXITSTATUS(status) : 1000 * WTERMSIG(status);
		led_free(inherited);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%d children, sum %d\n", N_CHILDREN, sum);
	return 0;
}
