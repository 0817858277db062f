/*
 * Looks at errno after each function of the family, where it succeeds and where it fails, from known
 * and new stacks, and after forks.
 *
 * promise: what succeeds leaves errno alone, what fails sets what it would.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE -Wno-alloc-size-larger-than
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

static int n_changed;

static void check(const char *name)
{
	if (errno == EXFULL)
		return;
	printf("%s changed errno to %d\n", name, errno);
	n_changed++;
	errno = EXFULL;
}

static void succeed(void)
{
	void *p, *q;
	errno = EXFULL;
	p = keep(malloc(100));
	check("malloc");
	p = keep(realloc(p, 5000));
	check("realloc");
	q = keep(calloc(10, 10));
	check("calloc");
	free(p);
	check("free");
	free(q);
	check("free");
	free(NULL);
	check("free of nothing");
	p = keep(malloc(10 << 20));
	check("large malloc");
	free(p);
	check("large free");
	if (posix_memalign(&p, 64, 100) == 0)
		free(keep(p));
	check("posix_memalign");
	free(keep(aligned_alloc(64, 128)));
	check("aligned_alloc");
	free(keep(memalign(64, 128)));
	check("memalign");
	free(keep(valloc(10)));
	check("valloc");
	free(keep(pvalloc(10)));
	check("pvalloc");
	p = keep(reallocarray(NULL, 10, 10));
	check("reallocarray");
	if (malloc_usable_size(p) < 100)
		n_changed++;
	check("malloc_usable_size");
	free(p);
	check("free");
}

__attribute__((noinline)) static void descend(int depth)
{
	if (depth)
		descend(depth - 1);
	else
		succeed();
	__asm__ __volatile__("");
}

static void report(const char *name, const void *result)
{
	printf("%s: %s, errno %d\n", name, result ? "something" : "nothing", errno);
	errno = 0;
}

static void fail(void)
{
	void *p = NULL;
	volatile size_t huge = PTRDIFF_MAX;
	errno = 0;
	report("malloc", keep(malloc(huge)));
	report("malloc + 1", keep(malloc(huge + 1)));
	report("malloc of everything", keep(malloc(SIZE_MAX)));
	report("calloc", keep(calloc(huge, 4)));
	report("calloc 2^32 * 2^32", keep(calloc(huge >> 31, huge >> 30)));
	report("realloc", keep(realloc(NULL, huge)));
	report("reallocarray", keep(reallocarray(NULL, huge, 3)));
	report("aligned_alloc", keep(aligned_alloc(64, SIZE_MAX - 128)));
	report("memalign", keep(memalign(SIZE_MAX / 2 + 1, 8)));
	report("pvalloc", keep(pvalloc(SIZE_MAX - 100)));
	report("valloc", keep(valloc(SIZE_MAX - 100)));
	int status = posix_memalign(&p, 3, 10);
	printf("posix_memalign: %d, errno %d\n", status, errno);
	status = posix_memalign(&p, 64, huge);
	printf("posix_memalign: %d, errno %d\n", status, errno);
}

static void *thread_main(void *arg)
{
	for (int depth = 0; depth < 50; depth++)
		descend(depth);
	return arg;
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	pthread_t thread;
	thread_main(NULL);
	fail();
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
	pid_t pid = fork();
	if (pid == 0) {
		thread_main(NULL);
		_exit(n_changed);
	}
	int status;
	waitpid(pid, &status, 0);
	printf("changed %d times, %d in a child\n", n_changed, WEXITSTATUS(status));
	return 0;
}
