/* See post_peak_snapshot.h. */
#include "post_peak_snapshot.h"

#include <stdlib.h>

#include "util/mem.h"

#define HEAP_END 0x7f0000000000ull /* mappings lie above, the brk heap below */

/* The last calm, low stretch that ends at `end`. */
struct low_stretch {
	uint64_t first_ns, last_ns; /* points of the timeline; 0: there is none */
	uint64_t live_bytes;        /* at the last one */
};

static struct low_stretch find_stretch(const struct model *m, double limit, uint64_t end)
{
	struct low_stretch s = {0};
	for (uint32_t i = 0; i < m->n_timeline; i++) {
		const struct model_point *p = &m->timeline[i];
		if (p->time_ns > end || p->time_ns <= m->totals.peak_ns)
			continue;
		if ((double)p->live_bytes > limit) {
			s.first_ns = 0;
			continue;
		}
		if (!s.first_ns)
			s.first_ns = p->time_ns;
		s.last_ns = p->time_ns;
		s.live_bytes = p->live_bytes;
	}

	return s;
}

static double length_of(const struct model *m, const struct low_stretch *s, uint64_t end)
{
	return s->first_ns ? (double)(end - s->first_ns) / (double)(m->duration_ns + 1) : 0;
}

/* A moment in that stretch, or the end of the run; 0: there is none.  What is freed at the very end is the
 * teardown, so the stretch has to be long; shorter where what is live then stays to the end. */
static uint64_t find_moment(const struct model *m, const struct detect *d)
{
	double limit = detect_option(d, "segregate_max_live_share") *
	               (double)m->totals.peak_live_bytes;
	uint64_t end = m->duration_ns * 9 / 10;

	struct low_stretch s = find_stretch(m, limit, m->duration_ns);
	if (length_of(m, &s, m->duration_ns) >= detect_option(d, "segregate_min_stay_share") &&
	    m->totals.live_bytes * 2 >= s.live_bytes)
		return m->duration_ns;

	s = find_stretch(m, limit, end);
	return length_of(m, &s, end) >= detect_option(d, "segregate_min_low_share") ? s.last_ns : 0;
}

static int post_peak_snapshot_by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct low_block *)a)->address,
		 y = ((const struct low_block *)b)->address;
	return x < y ? -1 : x > y;
}

static void post_peak_snapshot_take(struct post_peak_snapshot *s)
{
	s->taken = true;
	s->live = mem_zalloc(s->n_slots + 1, sizeof *s->live);
	for (uint32_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].size_bytes && s->slots[i].address < HEAP_END)
			s->live[s->n_live++] = s->slots[i];
	qsort(s->live, s->n_live, sizeof *s->live, post_peak_snapshot_by_address);
}

static struct low_block *post_peak_snapshot_slot_of(struct post_peak_snapshot *s,
                                                    const struct block *b)
{
	return MEM_AT(s->slots, s->n_slots, b->slot);
}

static void post_peak_snapshot_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct post_peak_snapshot *s = context;
	if (!s->taken && e->stamped && e->time_ns > s->at_ns)
		post_peak_snapshot_take(s);
	*post_peak_snapshot_slot_of(s, b) = (struct low_block){b->address, b->size_bytes + 1,
	                                                       b->site_id};
}

static void post_peak_snapshot_on_free(void *context, const struct block *b, const struct event *e)
{
	struct post_peak_snapshot *s = context;
	if (!s->taken && e->stamped && e->time_ns > s->at_ns)
		post_peak_snapshot_take(s);
	post_peak_snapshot_slot_of(s, b)->size_bytes = 0;
}

static void post_peak_snapshot_on_realloc(void *context, const struct block *old_block,
                                          const struct block *new_block, const struct event *e)
{
	post_peak_snapshot_on_free(context, old_block, e);
	post_peak_snapshot_on_alloc(context, new_block, e);
}

static void post_peak_snapshot_on_end(void *context, uint64_t time_ns)
{
	struct post_peak_snapshot *s = context;
	(void)time_ns;
	if (!s->taken)
		post_peak_snapshot_take(s);
}

uint32_t post_peak_snapshot_watch(struct post_peak_snapshot *s, const struct model *m,
                                  const struct detect *d, struct model_observer *out)
{
	*s = (struct post_peak_snapshot){.at_ns = find_moment(m, d)};
	if (!s->at_ns)
		return 0;
	*out = (struct model_observer){.context = s,
	                               .on_alloc = post_peak_snapshot_on_alloc,
	                               .on_free = post_peak_snapshot_on_free,
	                               .on_realloc = post_peak_snapshot_on_realloc,
	                               .on_end = post_peak_snapshot_on_end};
	return 1;
}

void post_peak_snapshot_release(struct post_peak_snapshot *s)
{
	free(s->slots);
	free(s->live);
}
