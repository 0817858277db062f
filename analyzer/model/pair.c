/* Events to blocks: what is not on the path of every event; see pair.h. */
#include "model/pair.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"

#ifndef FIRST_LOG2 /* the fuzz build has small tables */
#define FIRST_LOG2 8u
#endif
#define MOST_LOG2 31u

_Static_assert(sizeof(struct block) == 64, "a block is one line of the cache");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "serial is the lower half of seq");

bool pair_is_live(void *pair, uint64_t address)
{
	return pair_find(pair, address) != NULL;
}

struct block *pair_find(const struct pair *p, uint64_t address)
{
	const struct pair_entry *entry = &p->entry[pair_lookup(p, address)];
	return address && entry->slot ? &p->block[entry->slot - 1] : NULL;
}

void pair_table_grow(struct pair *p)
{
	struct pair_entry *old = p->entry;
	uint32_t n = 1u << p->log2, mask = n * 2 - 1;

	BUG_ON(p->log2 == MOST_LOG2);
	p->log2++;
	p->entry = mem_zalloc((size_t)n * 2, sizeof *p->entry);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = old[i].slot ? pair_home(p, old[i].hash) : 0;
		if (!old[i].slot)
			continue;
		while (p->entry[k].slot)
			k = (k + 1) & mask;
		p->entry[k] = old[i];
	}
	free(old);
}

void pair_pool_grow(struct pair *p)
{
	size_t had = (size_t)p->blocks_room * sizeof *p->block;
	size_t gets = had ? had * 2 : 4096;

	BUG_ON(p->blocks_room > UINT32_MAX / 2);
	p->block = mem_pages(p->block, had, gets);
	p->blocks_room = (uint32_t)(gets / sizeof *p->block);
}

struct pair_thread *pair_thread_new(struct pair *p, uint32_t thread)
{
	return MEM_AT(p->thread, p->n_threads, thread);
}

void pair_init(struct pair *p)
{
	*p = (struct pair){.log2 = FIRST_LOG2};
	p->entry = mem_zalloc(1u << FIRST_LOG2, sizeof *p->entry);
}

void pair_release(struct pair *p)
{
	mem_pages(p->block, (size_t)p->blocks_room * sizeof *p->block, 0);
	free(p->entry);
	free(p->thread);
	free(p->chain);
	*p = (struct pair){0};
}
