/*
 * Tables that are copied when they fill up, often into one of the same size: the one given up last is kept and
 * used again, since arena memory is never freed.
 */
#ifndef PT_PYTHON_SPARE_TABLE_H
#define PT_PYTHON_SPARE_TABLE_H

#include "base/arena.h"

struct spare_table {
	void *table; /* NULL = none */
	uint32_t n;  /* its slots */
};

/* Exchanges `old`, of n_old slots (0 = there is none), for a zeroed table of n slots.  NULL = no memory: `old`
 * stays in use. */
static inline void *spare_table_exchange(struct spare_table *spare, void *old, uint32_t n_old,
                                         uint32_t n, size_t slot_bytes)
{
	void *fresh = spare->n == n ? spare->table : arena_take(n * slot_bytes);
	if (!fresh)
		return NULL;
	__builtin_memset(fresh, 0, n * slot_bytes);
	*spare = (struct spare_table){old, n_old};
	return fresh;
}

#endif
