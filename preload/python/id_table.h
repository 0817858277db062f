/*
 * Numbers of things that are known by a 64-bit key: strings, code, lines and classes that the trace
 * has a definition of.
 *
 * Readers take no lock; a table is replaced by one of twice the size at half load.  Keys are hashes:
 * two things share one with a probability of 3 in 10^8 among a million, as for stacks.
 */
#ifndef PT_PYTHON_ID_TABLE_H
#define PT_PYTHON_ID_TABLE_H

#include "base/lock.h"
#include "base/pt.h"

struct id_table_table;

struct id_table {
	struct id_table_table *table; /* replaced under lock, read without */
	struct lock lock;
};
#define ID_TABLE_EMPTY                      \
	{                                   \
		.lock = {.rank = LOCK_IDS } \
	}

/* A key from two words; never 0. */
PT_INLINE uint64_t id_table_key(uint64_t a, uint64_t b)
{
	uint64_t h = (a * 0x9E3779B97F4A7C15ull) ^ b;
	h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93ull;
	return (h ^ (h >> 29)) | 1;
}

/* A key from bytes; never 0. */
uint64_t id_table_hash(uint64_t seed, const void *bytes, size_t n);

/* 0: not known. */
uint32_t id_table_find(const struct id_table *t, uint64_t key);

/* Keeps key -> id; the id of another thread that was quicker wins and is returned. */
uint32_t id_table_add(struct id_table *t, uint64_t key, uint32_t id);

/* In a forked child, where nothing is defined yet. */
void id_table_forget(struct id_table *t);

#endif
