/* Events to blocks: what is not on the path of every event; see pair.h. */
#include "model/pair.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"

#ifndef FIRST_LOG2 /* of buckets; the fuzz build has small tables */
#define FIRST_LOG2 6u
#endif
#define MOST_LOG2 29u

_Static_assert(sizeof(struct block) == 64, "a block is one line of the cache");
_Static_assert(sizeof(struct pair_bucket) == 64, "and so is a bucket");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "serial is the lower half of seq");

bool pair_is_live(void *pair, uint64_t address)
{
	return pair_find(pair, address) != NULL;
}

struct block *pair_find(const struct pair *p, uint64_t address)
{
	struct pair_place at = pair_lookup(p, address);
	return address && at.entry != PAIR_BUCKET ? pair_block_at(p, at) : NULL;
}

void pair_table_grow(struct pair *p)
{
	struct pair_bucket *old = p->bucket;
	uint32_t n = 1u << p->log2;

	BUG_ON(p->log2 == MOST_LOG2);
	p->log2++;
	p->bucket = mem_pages(NULL, 0, (size_t)n * 2 * sizeof *p->bucket);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < PAIR_BUCKET; k++)
			if (old[i].hash[k])
				pair_put_hash(p, old[i].hash[k], old[i].slot[k]);
	mem_pages(old, (size_t)n * sizeof *old, 0);
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
	p->bucket = mem_pages(NULL, 0, sizeof *p->bucket << FIRST_LOG2);
}

void pair_release(struct pair *p)
{
	mem_pages(p->block, (size_t)p->blocks_room * sizeof *p->block, 0);
	if (p->bucket)
		mem_pages(p->bucket, sizeof *p->bucket << p->log2, 0);
	free(p->thread);
	free(p->chain);
	*p = (struct pair){0};
}
