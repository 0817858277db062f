/*
 * Counts by key, for at most `cap` distinct keys; what comes after that is counted together.  An
 * empty one is all zeros and owns nothing.  Keys keep the order in which they came.
 */
#ifndef PT_UTIL_TALLY_H
#define PT_UTIL_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "util/mem.h"

struct tally_entry {
	uint64_t key;
	uint64_t count;
};

struct tally {
	struct tally_entry *entry;
	uint64_t overflow; /* counts of keys that found no place */
	uint32_t n, room;  /* entries in use; allocated */
	uint32_t last;     /* entry hit last */
	uint32_t *slot;    /* hash index, from 16 entries on */
};

/* Where a key's search in the hash index begins. */
static inline uint32_t tally_home(const struct tally *t, uint64_t key)
{
	return (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & (t->room * 2 - 1);
}

void tally_add(struct tally *t, uint64_t key, uint64_t count, uint32_t cap);
const struct tally_entry *tally_find(const struct tally *t, uint64_t key);
/* The entry with the highest count (of equals: the smallest key), NULL when empty. */
const struct tally_entry *tally_top(const struct tally *t);
uint64_t tally_total(const struct tally *t);
/* Sorts by count, highest first, then by key; the tally is only read after that. */
void tally_sort(struct tally *t);
/* Brings into the cache what tally_add() of a key looks at first. */
MEM_PREFETCHES void tally_prefetch(const struct tally *t, uint64_t key)
{
	if (t->slot)
		__builtin_prefetch(&t->slot[tally_home(t, key)]);
	else
		__builtin_prefetch(t->entry, 1);
}
void tally_release(struct tally *t);

#endif
