/*
 * Ends in each way in which a process can, right after an allocation.
 *
 * usage: exits return|exit|_exit|quick_exit|abort|segv|kill|pthread_exit|exit_in_thread
 * promise: everything up to the end is in the trace; the exit code or signal is the program's own.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "ledger.h"

static void at_quick_exit_handler(void)
{
	led_free(led_malloc(777));
}

static void *exit_here(void *arg)
{
	(void)arg;
	led_malloc(50);
	exit(9);
}

static void end(const char *how)
{
	pthread_t thread;
	if (!strcmp(how, "exit"))
		exit(3);
	if (!strcmp(how, "_exit"))
		_exit(4);
	if (!strcmp(how, "quick_exit"))
		quick_exit(5);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "segv"))
		*(volatile int *)keep((void *)8) = 1;
	if (!strcmp(how, "kill"))
		raise(SIGKILL);
	if (!strcmp(how, "pthread_exit"))
		pthread_exit(NULL);
	if (!strcmp(how, "exit_in_thread")) {
		pthread_create(&thread, NULL, exit_here, NULL);
		for (;;)
			pause();
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	at_quick_exit(at_quick_exit_handler);
	for (size_t i = 0; i < 1000; i++) {
		void *p = led_malloc(i + 1);
		if (i % 3)
			led_free(p);
	}
	printf("about to end\n");
	if (argc > 1)
		end(argv[1]);
	return 2;
}
