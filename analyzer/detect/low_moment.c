/* See low_moment.h. */
#include "detect/low_moment.h"

#include <stdlib.h>

#include "util/mem.h"

#define HEAP_END 0x7f0000000000ull /* mappings lie above, the brk heap below */

/* A moment in the last calm, low stretch before the end; 0: there is none. */
static uint64_t find_moment(const struct model *m, const struct detect *d)
{
	double limit = detect_option(d, "segregate_max_live_share") *
	               (double)m->totals.peak_live_bytes;
	uint64_t end = m->duration_ns * 9 / 10, last = 0, first = 0;
	for (uint32_t i = 0; i < m->n_timeline; i++) {
		const struct model_point *p = &m->timeline[i];
		if (p->time_ns > end || p->time_ns <= m->totals.peak_ns)
			continue;
		if ((double)p->live_bytes > limit) {
			first = 0;
			continue;
		}
		if (!first)
			first = p->time_ns;
		last = p->time_ns;
	}
	double low = first ? (double)(end - first) / (double)(m->duration_ns + 1) : 0;
	return low >= detect_option(d, "segregate_min_low_share") ? last : 0;
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct low_block *)a)->address,
		 y = ((const struct low_block *)b)->address;
	return x < y ? -1 : x > y;
}

static void take(struct low_moment *s)
{
	s->taken = true;
	s->live = mem_zalloc(s->n_slots + 1, sizeof *s->live);
	for (uint32_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].size_bytes && s->slots[i].address < HEAP_END)
			s->live[s->n_live++] = s->slots[i];
	qsort(s->live, s->n_live, sizeof *s->live, by_address);
}

static struct low_block *slot_of(struct low_moment *s, const struct block *b)
{
	return MEM_AT(s->slots, s->n_slots, b->slot);
}

static void on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct low_moment *s = context;
	if (!s->taken && e->stamped && e->time_ns > s->at_ns)
		take(s);
	*slot_of(s, b) = (struct low_block){b->address, b->size_bytes + 1, b->site->id};
}

static void on_free(void *context, const struct block *b, const struct event *e)
{
	struct low_moment *s = context;
	if (!s->taken && e->stamped && e->time_ns > s->at_ns)
		take(s);
	slot_of(s, b)->size_bytes = 0;
}

static void on_realloc(void *context, const struct block *old_block, const struct block *new_block,
                       const struct event *e)
{
	on_free(context, old_block, e);
	on_alloc(context, new_block, e);
}

static void on_end(void *context, uint64_t time_ns)
{
	struct low_moment *s = context;
	(void)time_ns;
	if (!s->taken)
		take(s);
}

uint32_t low_moment_watch(struct low_moment *s, const struct model *m, const struct detect *d,
                          struct model_observer *out)
{
	*s = (struct low_moment){.at_ns = find_moment(m, d)};
	if (!s->at_ns)
		return 0;
	*out = (struct model_observer){.context = s,
	                               .on_alloc = on_alloc,
	                               .on_free = on_free,
	                               .on_realloc = on_realloc,
	                               .on_end = on_end};
	return 1;
}

void low_moment_release(struct low_moment *s)
{
	free(s->slots);
	free(s->live);
}
