/*
 * A preloaded profiler that starts inside the first malloc: looks functions up, allocates for itself, aborts
 * when it gets nothing, and registers handlers.
 *
 * cflags: -D_GNU_SOURCE
 * ldflags: -pthread
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void (*next_free)(void *);
static __thread int inside;
static char *table;

static void start(void)
{
	next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	next_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	dlsym(RTLD_NEXT, "no_such_function");
	table = next_calloc(100, 100);
	char *copy = strdup("a profiler's name");
	if (!table || !copy)
		abort();
	free(copy);
	pthread_atfork(NULL, NULL, NULL);
}

static void enter(void)
{
	static int started;
	if (started || inside)
		return;
	inside = started = 1;
	start();
	inside = 0;
}

void *malloc(size_t n)
{
	enter();
	if (!next_malloc)
		next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	void *p = next_malloc(n);
	if (!p)
		abort();
	return p;
}

void free(void *p)
{
	enter();
	if (!next_free)
		next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next_free(p);
}
