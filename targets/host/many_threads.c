/*
 * Many threads at once, or one after another.
 *
 * usage: many_threads at_once|in_turn N
 * promise: each thread's events are there, and a thread that has gone leaves no memory behind: the
 * resident size after N threads in turn is about that after a tenth of them.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#define LEDGER_LANES 1200
#define LEDGER_ENTRIES 256
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static pthread_barrier_t all_there;
static int at_once;

static void *thread_main(void *arg)
{
	if (at_once)
		pthread_barrier_wait(&all_there);
	void *p = led_malloc(100);
	p = led_realloc(p, 2000);
	led_free(p);
	return arg;
}

static void *quiet_main(void *arg)
{
	free(keep(malloc(100)));
	return arg;
}

static long resident_kib(void)
{
	char text[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	long pages = 0;
	if (n <= 0 || sscanf(text, "%*d %ld", &pages) != 1)
		return -1;
	return pages * 4;
}

static int run_at_once(int n)
{
	pthread_t *thread = calloc((size_t)n, sizeof *thread);
	pthread_attr_t attr;
	int n_ended = 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	pthread_barrier_init(&all_there, NULL, (unsigned)n);
	at_once = 1;
	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i], &attr, thread_main, NULL) != 0)
			return 1;
	for (int i = 0; i < n; i++)
		n_ended += pthread_join(thread[i], NULL) == 0;
	free(thread);
	printf("%d threads at once\n", n_ended);
	return 0;
}

static int run_in_turn(int n)
{
	long early = 0;
	for (int i = 0; i < n; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, i < 1000 ? thread_main : quiet_main, NULL) != 0)
			return 1;
		pthread_join(thread, NULL);
		if (i == n / 10)
			early = resident_kib();
	}
	printf("%d threads in turn; resident memory grew: %s\n", n,
	       resident_kib() > early + 4096 ? "yes" : "no");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	int n = atoi(argv[2]);
	return !strcmp(argv[1], "at_once") ? run_at_once(n) : run_in_turn(n);
}
