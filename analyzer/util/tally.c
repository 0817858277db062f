/*
 * Counts by key; see tally.h.  Up to 16 keys are searched one by one (most tallies never have more);
 * beyond that an open-addressing index of twice the size points into the entries.
 */
#include "util/tally.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define LINEAR_KEYS 16u

static uint32_t slot_mask(const struct tally *t)
{
	return t->room * 2 - 1;
}

static uint32_t tally_slot_of(const struct tally *t, uint64_t key)
{
	uint32_t mask = slot_mask(t);
	uint32_t i = tally_home(t, key);
	while (t->slot[i] && t->entry[t->slot[i] - 1].key != key)
		i = (i + 1) & mask;
	return i;
}

/* The entry's number, or n when the key is not there. */
static uint32_t tally_entry_of(const struct tally *t, uint64_t key)
{
	if (t->slot) {
		uint32_t at = t->slot[tally_slot_of(t, key)];
		return at ? at - 1 : t->n;
	}
	uint32_t i = 0;
	while (i < t->n && t->entry[i].key != key)
		i++;
	return i;
}

static void reindex(struct tally *t)
{
	free(t->slot);
	t->slot = mem_zalloc(t->room * 2, sizeof *t->slot);
	for (uint32_t i = 0; i < t->n; i++)
		t->slot[tally_slot_of(t, t->entry[i].key)] = i + 1;
}

static void insert(struct tally *t, uint64_t key, uint64_t count)
{
	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 2;
		t->entry = mem_realloc(t->entry, t->room * sizeof *t->entry);
		if (t->room > LINEAR_KEYS)
			reindex(t);
	}
	if (t->slot)
		t->slot[tally_slot_of(t, key)] = t->n + 1;
	t->last = t->n;
	t->entry[t->n++] = (struct tally_entry){.key = key, .count = count};
}

void tally_add(struct tally *t, uint64_t key, uint64_t count, uint32_t cap)
{
	if (t->n && t->entry[t->last].key == key) {
		t->entry[t->last].count += count;
		return;
	}

	uint32_t i = tally_entry_of(t, key);
	if (i < t->n) {
		t->last = i;
		t->entry[i].count += count;
	} else if (t->n < cap) {
		insert(t, key, count);
	} else {
		t->overflow += count;
	}
}

const struct tally_entry *tally_find(const struct tally *t, uint64_t key)
{
	uint32_t i = tally_entry_of(t, key);
	return i < t->n ? &t->entry[i] : NULL;
}

static int by_count(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->key < y->key ? -1 : x->key > y->key;
}

const struct tally_entry *tally_top(const struct tally *t)
{
	const struct tally_entry *top = NULL;
	for (uint32_t i = 0; i < t->n; i++)
		if (!top || by_count(&t->entry[i], top) < 0)
			top = &t->entry[i];
	return top;
}

uint64_t tally_total(const struct tally *t)
{
	uint64_t sum = t->overflow;
	for (uint32_t i = 0; i < t->n; i++)
		sum += t->entry[i].count;
	return sum;
}

void tally_sort(struct tally *t)
{
	if (t->n > 1)
		qsort(t->entry, t->n, sizeof *t->entry, by_count);
	t->last = 0;
	if (t->slot)
		reindex(t);
}

void tally_release(struct tally *t)
{
	free(t->entry);
	free(t->slot);
	memset(t, 0, sizeof *t);
}
