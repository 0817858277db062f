/*
 * The least that an interposer can do: what the calls through it cost alone.  With WAIT it also lets 100
 * instructions pass, which is about what a recorder needs: where the program waits for memory, they keep
 * its next loads from being issued, and cost more than they take.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void *(*real_malloc)(size_t);
static void (*real_free)(void *);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static char boot[65536];
static size_t boot_used;

static inline void wait_a_little(void)
{
#ifdef WAIT
	long n = 50;
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
#endif
}

static void *boot_alloc(size_t n)
{
	void *p = boot + boot_used;
	boot_used += (n + 31) & ~(size_t)15;
	return p;
}

static void find(void)
{
	static int finding;
	if (finding)
		return;
	finding = 1;
	real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

void *malloc(size_t n)
{
	if (!real_malloc)
		find();
	void *p = real_malloc ? real_malloc(n) : boot_alloc(n);
	wait_a_little();
	return p;
}

void free(void *p)
{
	wait_a_little();
	if ((uintptr_t)p - (uintptr_t)boot >= sizeof boot && real_free)
		real_free(p);
}

void *calloc(size_t n, size_t size)
{
	if (!real_calloc)
		find();
	return real_calloc ? real_calloc(n, size) : boot_alloc(n * size);
}

void *realloc(void *p, size_t n)
{
	if (!real_realloc)
		find();
	return real_realloc(p, n);
}
