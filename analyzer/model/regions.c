/*
 * Memory asked from the system: by allocators ("reserved"), and by the program itself ("mapped").
 *
 * Who unmaps is not always who mapped: CPython's interpreters unmap the arenas of pymalloc as they
 * end, from outside of its allocator.  So what was mapped as backing store stays that, by its
 * address, whoever changes it later.
 */
#include "model_state.h"

#ifndef MODEL_BACKING_CAP        /* the fuzz build has small tables */
#define MODEL_BACKING_CAP 65536u /* addresses of backing store kept */
#endif

static void gauge_add(uint64_t *now, uint64_t *peak, uint64_t add_bytes)
{
	*now += add_bytes;
	if (*now > *peak)
		*peak = *now;
}

static void gauge_take(uint64_t *now, uint64_t bytes)
{
	*now -= bytes < *now ? bytes : *now;
}

/* ---- backing store by address; the bytes of what was unmapped are 0 ---- */

static uint64_t backing_bytes(const struct model *m, uint64_t address)
{
	const struct tally_entry *e = tally_find(&m->state->backing, address);
	return e ? e->count : 0;
}

static void backing_set(struct model *m, uint64_t address, uint64_t n_bytes)
{
	uint64_t known = backing_bytes(m, address);
	if (known != n_bytes)
		tally_add(&m->state->backing, address, n_bytes - known, MODEL_BACKING_CAP);
}

/* n bytes at its address are no more; of what follows them it is still the backing store. */
static void backing_cut(struct model *m, uint64_t address, uint64_t n_bytes)
{
	uint64_t known = backing_bytes(m, address);
	backing_set(m, address, 0);
	if (known > n_bytes)
		backing_set(m, address + n_bytes, known - n_bytes);
}

/* ---- events ---- */

static void mapped(struct model *m, const struct event *e, bool is_backing)
{
	struct model_totals *t = &m->totals;
	if (!is_backing)
		gauge_add(&t->mapped_bytes, &t->peak_mapped_bytes, e->size_bytes);
	else
		gauge_add(&t->reserved_bytes, &t->peak_reserved_bytes, e->size_bytes);
	backing_set(m, e->address, is_backing ? e->size_bytes : 0);
}

static void unmapped(struct model *m, uint64_t address, uint64_t n_bytes, bool is_backing)
{
	struct model_totals *t = &m->totals;
	gauge_take(is_backing ? &t->reserved_bytes : &t->mapped_bytes, n_bytes);
	if (is_backing)
		backing_cut(m, address, n_bytes);
}

static void remapped(struct model *m, const struct event *e, bool is_backing)
{
	is_backing |= backing_bytes(m, e->old_address) > 0;
	unmapped(m, e->old_address, e->old_bytes, is_backing);
	mapped(m, e, is_backing);
}

/* e->size_bytes: the whole heap's new size. */
static void brk_moved(struct model *m, const struct event *e)
{
	struct model_totals *t = &m->totals;
	gauge_take(&t->reserved_bytes, m->state->brk_bytes);
	gauge_add(&t->reserved_bytes, &t->peak_reserved_bytes, e->size_bytes);
	m->state->brk_bytes = e->size_bytes;
}

void regions_count(struct model *m, const struct event *e)
{
	switch (e->region) {
	case PTF_REGION_MMAP:
		m->totals.n_maps++;
		mapped(m, e, false);
		break;
	case PTF_REGION_BACKING_MMAP:
		mapped(m, e, true);
		break;
	case PTF_REGION_MUNMAP:
		unmapped(m, e->address, e->size_bytes, backing_bytes(m, e->address) > 0);
		break;
	case PTF_REGION_BACKING_MUNMAP:
		unmapped(m, e->address, e->size_bytes, true);
		break;
	case PTF_REGION_MREMAP:
		remapped(m, e, false);
		break;
	case PTF_REGION_BACKING_MREMAP:
		remapped(m, e, true);
		break;
	case PTF_REGION_BRK:
		brk_moved(m, e);
		break;
	}
}

void regions_release(struct model *m)
{
	tally_release(&m->state->backing);
}
