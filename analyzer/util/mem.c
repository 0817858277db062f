/* Memory of the analyzer; see mem.h. */
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/error.h"

#ifndef ARENA_BLOCK_BYTES /* the fuzz build has small ones */
#define ARENA_BLOCK_BYTES (256u << 10)
#endif
#define ARENA_FIRST_BYTES 4096u /* blocks double up to ARENA_BLOCK_BYTES: most arenas stay small */

struct arena_block {
	struct arena_block *before;
	uint64_t pad;
	char bytes[];
};

static void *checked(void *p, size_t bytes)
{
	if (!p)
		die(EXIT_FAILED, "out of memory (%zu bytes wanted)", bytes);
	return p;
}

void *mem_alloc(size_t bytes)
{
	return checked(malloc(bytes ? bytes : 1), bytes);
}

void *mem_zalloc(size_t n, size_t bytes)
{
	return checked(calloc(n ? n : 1, bytes ? bytes : 1), n * bytes);
}

void *mem_lines(size_t bytes)
{
	size_t lines = (bytes + 63) & ~(size_t)63;
	return memset(checked(aligned_alloc(64, lines), bytes), 0, lines);
}

void *mem_realloc(void *p, size_t bytes)
{
	return checked(realloc(p, bytes ? bytes : 1), bytes);
}

char *mem_strdup(const char *s)
{
	return checked(strdup(s), strlen(s) + 1);
}

char *mem_printf(const char *fmt, ...)
{
	char *s;
	va_list args;
	va_start(args, fmt);
	if (vasprintf(&s, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	return s;
}

void *mem_grow(void *array, uint32_t n, uint32_t *room, size_t element_bytes)
{
	if (n < *room)
		return array;
	if (*room > UINT32_MAX / 2)
		die(EXIT_FAILED, "out of memory (%u elements)", n);
	*room = *room ? *room * 2 : 8;
	if (*room <= n)
		*room = n + 1;
	return mem_realloc(array, *room * element_bytes);
}

void *mem_reach(void *array, uint32_t i, uint32_t *n, size_t element_bytes)
{
	uint64_t more = *n ? *n : 8;
	while (more <= i)
		more *= 2;
	if (more > UINT32_MAX)
		die(EXIT_FAILED, "out of memory (element %u)", i);
	array = mem_realloc(array, more * element_bytes);
	memset((char *)array + *n * element_bytes, 0, (more - *n) * element_bytes);
	*n = (uint32_t)more;
	return array;
}

#define HUGE_PAGES_FROM ((size_t)8 << 20) /* below that they would waste more than they save */

void *mem_pages(void *pages, size_t had, size_t gets)
{
	void *p;

	if (!gets) {
		if (had)
			munmap(pages, had);
		return NULL;
	}
	p = had ? mremap(pages, had, gets, MREMAP_MAYMOVE)
	        : mmap(NULL, gets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die(EXIT_FAILED, "out of memory (%zu bytes wanted)", gets);
	if (gets >= HUGE_PAGES_FROM)
		madvise(p, gets, MADV_HUGEPAGE);
	return p;
}

static size_t arena_next_bytes(const struct arena *a)
{
	size_t last = a->last ? (size_t)(a->end - a->last->bytes) : 0;
	size_t next = last ? last * 2 : ARENA_FIRST_BYTES;
	return next < ARENA_BLOCK_BYTES ? next : ARENA_BLOCK_BYTES;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	bytes = (bytes + 15) & ~(size_t)15;
	if ((size_t)(a->end - a->next) < bytes) {
		size_t room = arena_next_bytes(a);
		if (room < bytes)
			room = bytes;
		struct arena_block *block = mem_zalloc(1, sizeof *block + room);
		block->before = a->last;
		a->last = block;
		a->next = block->bytes;
		a->end = block->bytes + room;
	}

	void *p = a->next;
	a->next += bytes;
	return p;
}

char *arena_copy(struct arena *a, const void *bytes, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	if (n)
		memcpy(p, bytes, n);
	return p;
}

void arena_release(struct arena *a)
{
	while (a->last) {
		struct arena_block *before = a->last->before;
		free(a->last);
		a->last = before;
	}
	a->next = a->end = NULL;
}
