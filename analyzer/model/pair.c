/* Events to blocks; see pair.h. */
#include "model/pair.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"

#ifndef FIRST_LOG2 /* the fuzz build has small tables */
#define FIRST_LOG2 8u
#endif

/* ---- address -> slot: open addressing, linear probing, at most half full ---- */

static inline uint32_t table_mask(const struct pair *p)
{
	return (uint32_t)((1ull << (64 - p->shift)) - 1);
}

static inline uint32_t table_home(const struct pair *p, uint64_t address)
{
	return (uint32_t)((address * 0x9E3779B97F4A7C15ull) >> p->shift);
}

static inline uint32_t table_find(const struct pair *p, uint64_t address)
{
	uint32_t mask = table_mask(p), i = table_home(p, address);
	while (p->entry[i].address && p->entry[i].address != address)
		i = (i + 1) & mask;
	return i;
}

static void table_grow(struct pair *p)
{
	struct pair_entry *old = p->entry;
	uint64_t n = (uint64_t)table_mask(p) + 1;
	p->shift--;
	BUG_ON(p->shift < 33);
	p->entry = mem_zalloc(n * 2, sizeof *p->entry);
	for (uint64_t i = 0; i < n; i++)
		if (old[i].address)
			p->entry[table_find(p, old[i].address)] = old[i];
	free(old);
}

static void table_put(struct pair *p, uint64_t address, uint32_t slot)
{
	if ((uint64_t)p->n_entries * 2 > table_mask(p))
		table_grow(p);
	uint32_t i = table_find(p, address);
	p->n_entries += p->entry[i].address == 0;
	p->entry[i] = (struct pair_entry){.address = address, .slot = slot};
}

/* Takes entry i out; what was pushed past it moves back. */
static void table_remove(struct pair *p, uint32_t i)
{
	uint32_t mask = table_mask(p);
	p->n_entries--;
	for (uint32_t j = (i + 1) & mask; p->entry[j].address; j = (j + 1) & mask) {
		uint32_t home = table_home(p, p->entry[j].address);
		if (((j - home) & mask) >= ((j - i) & mask)) {
			p->entry[i] = p->entry[j];
			i = j;
		}
	}
	p->entry[i].address = 0;
}

bool pair_is_live(void *pair, uint64_t address)
{
	const struct pair *p = pair;
	return address && p->entry[table_find(p, address)].address == address;
}

struct block *pair_find(const struct pair *p, uint64_t address)
{
	const struct pair_entry *entry = &p->entry[table_find(p, address)];
	return address && entry->address == address ? &p->block[entry->slot] : NULL;
}

void pair_prefetch(void *pair, uint64_t address, unsigned stage)
{
	const struct pair *p = pair;
	const struct pair_entry *entry = &p->entry[table_home(p, address)];
	if (stage == 0) {
		__builtin_prefetch(entry, 1);
		return;
	}
	if (!address || entry->address != address)
		return;
	const struct block *b = &p->block[entry->slot];
	if (stage == 1) {
		__builtin_prefetch(b, 1);
		__builtin_prefetch((const char *)b + 64, 1);
		return;
	}
	if (b->older)
		__builtin_prefetch(&p->block[b->older - 1].newer, 1);
	if (b->newer)
		__builtin_prefetch(&p->block[b->newer - 1].older, 1);
}

/* ---- blocks ---- */

static uint32_t slot_new(struct pair *p)
{
	uint32_t slot;
	if (p->free_slot) {
		slot = p->free_slot - 1;
		p->free_slot = p->block[slot].older;
	} else {
		MEM_PUSH(p->block, p->n_blocks, p->blocks_room)->serial = 0;
		slot = p->n_blocks - 1;
	}
	p->n_live++;
	return slot;
}

static void slot_free(struct pair *p, uint32_t slot)
{
	struct block *b = &p->block[slot];
	b->flags = 0;
	b->address = 0;
	b->serial++;
	b->older = p->free_slot;
	p->free_slot = slot + 1;
	p->n_live--;
}

struct pair_thread *pair_thread_new(struct pair *p, uint32_t thread)
{
	return MEM_AT(p->thread, p->n_threads, thread);
}

/* ---- steps ---- */

static void block_set_owner(struct pair *p, struct block *b, uint64_t owner)
{
	const struct block *o = owner ? pair_find(p, owner) : NULL;
	b->owner_slot = o ? o->slot + 1 : 0;
	b->owner_serial = o ? o->serial : 0;
}

static struct block *block_new(struct pair *p, const struct event *e, struct pair_thread *thread)
{
	uint32_t slot = slot_new(p);
	struct block *b = &p->block[slot];
	*b = (struct block){
		.address = e->address,
		.size_bytes = e->size_bytes,
		.time_ns = e->time_ns,
		.seq = e->seq,
		.bytes_before = p->allocated_bytes,
		.slot = slot,
		.thread = e->thread,
		.thread_seq = ++thread->n_allocs,
		.class_id = e->class_id,
		.serial = b->serial,
		.op = e->op,
		.domain = e->domain,
		.align_log2 = e->align_log2,
		.flags = BLOCK_LIVE,
	};
	if (e->owner)
		block_set_owner(p, b, e->owner);
	b->site = b->origin = p->sink.site_of(p->sink.context, e);
	p->n_allocs++;
	p->allocated_bytes += e->size_bytes;
	return b;
}

static void block_end(struct pair *p, struct block *b, const struct event *e, bool implied)
{
	p->n_frees++;
	p->sink.on_free(p->sink.context, b, e, implied);
	slot_free(p, b->slot);
}

/* The block still at an address that is handed out again: its free was lost. */
static void end_former(struct pair *p, const struct event *e)
{
	uint32_t i = table_find(p, e->address);
	if (p->entry[i].address != e->address)
		return;
	uint32_t slot = p->entry[i].slot;
	table_remove(p, i);
	p->double_allocs++;
	block_end(p, &p->block[slot], e, true);
}

static void pair_alloc(struct pair *p, const struct event *e)
{
	struct pair_thread *thread = pair_thread(p, e->thread);
	uint32_t pending = e->op == PTF_OP_REALLOC ? thread->pending : 0;
	if (!e->address)
		return; /* only damage can say so */
	end_former(p, e);
	struct block *b = block_new(p, e, thread);
	table_put(p, e->address, b->slot);
	if (!pending) {
		p->sink.on_alloc(p->sink.context, b, e);
		return;
	}
	struct block *old = &p->block[pending - 1];
	thread->pending = 0;
	b->chain = old->chain + 1;
	b->origin = old->origin;
	p->n_frees++;
	p->sink.on_realloc(p->sink.context, old, b, e);
	slot_free(p, old->slot);
}

/* The realloc under way has turned out to be a free. */
static void pending_end(struct pair *p, struct pair_thread *thread)
{
	struct block *b = &p->block[thread->pending - 1];
	thread->pending = 0;
	block_end(p, b, &thread->pending_event, false);
}

static void pair_free(struct pair *p, const struct event *e)
{
	uint32_t i = table_find(p, e->address);
	if (!e->address || p->entry[i].address != e->address) {
		p->unmatched_frees++;
		return;
	}
	uint32_t slot = p->entry[i].slot;
	table_remove(p, i);
	if (e->op != PTF_OP_REALLOC_FREE) {
		block_end(p, &p->block[slot], e, false);
		return;
	}
	struct pair_thread *thread = pair_thread(p, e->thread);
	thread->pending = slot + 1;
	thread->pending_event = *e;
}

static void pair_undo(struct pair *p, const struct event *e)
{
	struct pair_thread *thread = pair_thread(p, e->thread);
	if (!thread->pending)
		return;
	struct block *b = &p->block[thread->pending - 1];
	thread->pending = 0;
	p->undone_reallocs++;
	if (pair_is_live(p, b->address))
		block_end(p, b, &thread->pending_event, false); /* only damage can say so */
	else
		table_put(p, b->address, b->slot);
}

static void pair_class(struct pair *p, const struct event *e)
{
	struct block *b = pair_find(p, e->address);
	if (!b || b->class_id == e->class_id)
		return;
	p->sink.on_class(p->sink.context, b, e);
	b->class_id = e->class_id;
}

void pair_event(struct pair *p, const struct event *e)
{
	struct pair_thread *thread = pair_thread(p, e->thread);
	if (__builtin_expect(thread->pending, 0) && e->kind <= EVENT_FREE &&
	    e->op != PTF_OP_REALLOC)
		pending_end(p, thread);
	switch (e->kind) {
	case EVENT_ALLOC:
		pair_alloc(p, e);
		break;
	case EVENT_FREE:
		pair_free(p, e);
		break;
	case EVENT_UNDO:
		pair_undo(p, e);
		break;
	case EVENT_CLASS:
		pair_class(p, e);
		break;
	}
}

void pair_finish(struct pair *p)
{
	for (uint32_t i = 0; i < p->n_threads; i++)
		if (p->thread[i].pending)
			pending_end(p, &p->thread[i]);
}

void pair_init(struct pair *p, const struct pair_sink *sink)
{
	*p = (struct pair){.sink = *sink, .shift = 64 - FIRST_LOG2};
	p->entry = mem_zalloc(1u << FIRST_LOG2, sizeof *p->entry);
}

void pair_release(struct pair *p)
{
	free(p->block);
	free(p->entry);
	free(p->thread);
	*p = (struct pair){0};
}
