/*
 * A thread named "holder" allocates from many places; then the process forks, and allocates on.
 *
 * promise: wherever the holder stands (the fault library stops it inside a lock of the recorder), the
 * process does not hang, and the child uses nothing that the holder was changing.
 * ldflags: -pthread -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "ledger.h"

static volatile int n_done;

/* Each depth is another stack. */
__attribute__((noinline)) static void work(unsigned depth)
{
	free(keep(malloc(depth + 1)));
	if (depth)
		work(depth - 1);
	__asm__ __volatile__("");
}

static void *holder(void *arg)
{
	prctl(PR_SET_NAME, "holder");
	work(40);
	n_done = 1;
	return arg;
}

__attribute__((noinline)) static void child_work(unsigned depth)
{
	for (size_t i = 1; i <= 20; i++)
		led_free(led_malloc(i));
	if (depth)
		child_work(depth - 1);
	__asm__ __volatile__("");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;
	int bare = argc > 1 && !strcmp(argv[1], "bare");
	pthread_create(&thread, NULL, holder, NULL);
	pthread_detach(thread);
	for (int i = 0; i < 300 && !n_done; i++)
		usleep(1000);
	pid_t pid = bare ? (pid_t)syscall(SYS_fork) : fork();
	if (pid == 0) {
		child_work(30);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	child_work(30);
	printf("child ended with %d\n", WEXITSTATUS(status));
	fflush(stdout);
	_exit(0);
}
