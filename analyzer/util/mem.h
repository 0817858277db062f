/*
 * Memory of the analyzer: allocation that does not fail (it dies, with a message), growing arrays,
 * and an arena for what lives as long as the model.
 */
#ifndef PT_UTIL_MEM_H
#define PT_UTIL_MEM_H

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t bytes);            /* not zeroed */
void *mem_zalloc(size_t n, size_t bytes); /* zeroed array */
void *mem_lines(size_t bytes);            /* zeroed, at the start of a cache line; to be freed */
void *mem_realloc(void *p, size_t bytes);
char *mem_strdup(const char *s);
__attribute__((format(printf, 1, 2))) char *mem_printf(const char *fmt, ...);

/* New room for an array that must hold one more than n; doubles. */
void *mem_grow(void *array, uint32_t n, uint32_t *room, size_t element_bytes);

/* MEM_PUSH(array, n, room): makes place for one more and evaluates to a pointer to it (not zeroed). */
#define MEM_PUSH(array, n, room)                                                               \
	(((n) < (room) ? 0 : ((array) = mem_grow((array), (n), &(room), sizeof *(array)), 0)), \
	 &(array)[(n)++])

/* New room for an array of *n elements that must have one of index i; what is new is zeroed. */
void *mem_reach(void *array, uint32_t i, uint32_t *n, size_t element_bytes);

/* MEM_AT(array, n, i): makes element i exist, if need be, and evaluates to a pointer to it. */
#define MEM_AT(array, n, i)                                                               \
	(((i) < (n) ? 0 : ((array) = mem_reach((array), (i), &(n), sizeof *(array)), 0)), \
	 &(array)[i])

/* Of functions that only prefetch: the compiler takes others for functions without an effect and drops
 * their calls. */
#define MEM_PREFETCHES static inline __attribute__((always_inline))

/* Zeroed pages that grow without a copy: `had` bytes become `gets`; 0 gives them back (and NULL). */
void *mem_pages(void *pages, size_t had, size_t gets);

struct arena_block;
struct arena {
	struct arena_block *last;
	char *next, *end;
};
void *arena_alloc(struct arena *a, size_t bytes);               /* zeroed, 16-aligned */
char *arena_copy(struct arena *a, const void *bytes, size_t n); /* n bytes and a terminator */
void arena_release(struct arena *a);

#endif
