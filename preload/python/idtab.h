/*
 * Numbers of things that are known by a 64-bit key: strings, code, lines and classes that the trace
 * has a definition of.
 *
 * Readers take no lock; a table is replaced by one of twice the size at half load.  Keys are hashes:
 * two things share one with a probability of 3 in 10^8 among a million, as for stacks.
 */
#ifndef PT_PYTHON_IDTAB_H
#define PT_PYTHON_IDTAB_H

#include "../lock.h"
#include "../pt.h"

struct idtab_table;

struct idtab {
	struct idtab_table *table; /* replaced under lock, read without */
	struct lock lock;
};

/* A key from two words; never 0. */
PT_INLINE uint64_t idtab_key(uint64_t a, uint64_t b)
{
	uint64_t h = (a * 0x9E3779B97F4A7C15ull) ^ b;
	h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93ull;
	return (h ^ (h >> 29)) | 1;
}

/* A key from bytes; never 0. */
uint64_t idtab_hash(uint64_t seed, const void *bytes, size_t n);

/* 0: not known. */
uint32_t idtab_find(const struct idtab *t, uint64_t key);

/* Keeps key -> id; the id of another thread that was quicker wins and is returned. */
uint32_t idtab_add(struct idtab *t, uint64_t key, uint32_t id);

/* In a forked child, where nothing is defined yet. */
void idtab_forget(struct idtab *t);

#endif
