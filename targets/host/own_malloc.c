/*
 * A program that defines malloc itself, and the C library's callers use that one too.
 *
 * promise: it runs as ever; the report says that there was nothing to see and why.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char arena[1 << 20] __attribute__((aligned(16)));
static size_t used;

void *malloc(size_t n)
{
	size_t at = used;
	used += (n + 31) & ~(size_t)15;
	if (used > sizeof arena)
		_exit(3);
	*(size_t *)(arena + at) = n;
	return arena + at + 16;
}

void free(void *p)
{
	(void)p;
}

void *calloc(size_t n, size_t size)
{
	void *p = malloc(n * size);
	return memset(p, 0, n * size);
}

void *realloc(void *old, size_t n)
{
	char *p = malloc(n);
	size_t had = old ? ((size_t *)old)[-2] : 0;
	return had ? memcpy(p, old, had < n ? had : n) : p;
}

int main(void)
{
	char *text = strdup("my own malloc");
	int inside = text >= arena && text < arena + sizeof arena;
	printf("%s: %d\n", text, inside);
	free(text);
	return 0;
}
