/*
 * Takes memory under RLIMIT_AS until there is none, gives it back, and goes on.
 *
 * promise: NULL and ENOMEM as without us, no crash although our own maps fail too; afterwards
 * recording goes on.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#define LEDGER_ENTRIES 262144
#define LEDGER_LANES 4
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#include "ledger.h"

static void *thread_main(void *arg)
{
	for (size_t i = 1; i < 100; i++)
		led_free(led_malloc(i));
	return arg;
}

__attribute__((noinline)) static void *exhaust(void *list, size_t size)
{
	for (;;) {
		void **p = led_malloc(size);
		if (!p)
			return list;
		*p = list;
		list = p;
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	struct rlimit limit = {200 << 20, RLIM_INFINITY};
	if (setrlimit(RLIMIT_AS, &limit) != 0)
		return 77;
	errno = 0;
	void *list = exhaust(NULL, 1 << 20);
	list = exhaust(list, 1 << 14);
	list = exhaust(list, 100);
	int failed_with = errno;
	for (size_t size = 200; size < 100000; size *= 2)
		if (led_calloc(1, size))
			failed_with = -1;
	char *kept = list;
	void *moved = led_realloc(kept, 1 << 20);
	printf("errno %d, realloc: %s\n", failed_with, moved ? "moved" : "nothing");
	while (list) {
		void *next = *(void **)list;
		led_free(list);
		list = next;
	}
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_AS, &limit);
	pthread_t thread;
	int status = pthread_create(&thread, NULL, thread_main, NULL);
	if (status == 0)
		pthread_join(thread, NULL);
	printf("a thread afterwards: %d\n", status);
	return 0;
}
