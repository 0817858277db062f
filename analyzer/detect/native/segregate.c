/*
 * segregate: a few small blocks that stay, allocated between many that go.  When the many are freed,
 * the few keep the heap from shrinking: glibc gives back only the top.
 *
 * Looked for where the process's live bytes have fallen for good: at a moment of that time the free
 * pages between live blocks are counted, and whose blocks they are that lie above.
 */
#include <stdlib.h>

#include "detect/event_pass.h"
#include "native.h"
#include "util/mem.h"

#define TEXT_PAGE_BYTES 4096u
#define CHUNK_BYTES (1u << 20) /* they all stay: large chunks waste little */

static struct detector_option options[] = {
	{"segregate_max_live_share", 0.5, "live bytes after the fall over the peak"},
	{"segregate_min_low_share", 0.1, "share of the run for which they stay low"},
	{"segregate_max_block_bytes", 1024, "mean size of the blocks that stay"},
	{"segregate_max_kept_share", 0.5,
         "bytes of the blocks that stay over the free pages they pin"},
	{0},
};

/* Free pages below the highest live block; *from: the first block above the first such page. */
static uint64_t pinned_bytes(const struct post_peak_snapshot *s, uint32_t *from)
{
	uint64_t pinned = 0, end = 0;
	*from = s->n_live;
	for (uint32_t i = 0; i < s->n_live; i++) {
		uint64_t start = s->live[i].address & ~(uint64_t)(TEXT_PAGE_BYTES - 1);
		if (end && start > end) {
			pinned += start - end;
			if (*from == s->n_live)
				*from = i;
		}
		end = (s->live[i].address + s->live[i].size_bytes + TEXT_PAGE_BYTES - 1) &
		      ~(uint64_t)(TEXT_PAGE_BYTES - 1);
	}
	return pinned;
}

/* The line with the most blocks from `from` on. */
static const struct group *pinning_line(const struct groups *gs, const struct post_peak_snapshot *s,
                                        uint32_t from, uint64_t *n_blocks)
{
	uint64_t *count = mem_zalloc(gs->n + 1, sizeof *count);
	uint32_t best = 0;
	for (uint32_t i = from; i < s->n_live; i++)
		count[gs->line_of_site[s->live[i].site]]++;
	for (uint32_t i = 1; i <= gs->n; i++)
		if (count[i] > count[best] || !best)
			best = i;
	*n_blocks = count[best];
	free(count);
	return best && *n_blocks * 2 > s->n_live - from ? &gs->list[best - 1] : NULL;
}

static void report_segregate(const struct groups *gs, const struct group *g,
                             const struct post_peak_snapshot *s, uint64_t pinned, uint64_t n_blocks,
                             struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "segregate", VERDICT_WIN);
	struct plan *p = native_plan(x, POLICY_SLAB);
	p->slot_bytes = native_slot_bytes(g);
	p->chunk_slots = native_chunk_slots(CHUNK_BYTES, p->slot_bytes, g->peak_live);
	p->retained_at_ns = s->at_ns;
	uint64_t chunks = (g->peak_live + p->chunk_slots - 1) / p->chunk_slots;
	finding_title(x, "%s: %lu blocks that stay keep %.1f MB of free heap from going back",
	              group_name(g, name, sizeof name), (unsigned long)n_blocks,
	              (double)pinned / 1e6);
	native_evidence(x, g);
	finding_add_number(x, "pinned_bytes", (double)pinned, "bytes");
	finding_add_number(x, "staying_blocks", (double)n_blocks, "");
	finding_add_number(x, "slot_bytes", (double)p->slot_bytes, "bytes");
	finding_add_number(x, "chunk_slots", (double)p->chunk_slots, "");
	native_predict(x, (double)(g->allocs + g->frees) - (double)chunks, 0, 0);
	x->confidence = 0.8;
	x->score = 0.8 * (double)pinned / (double)(gs->model->totals.peak_live_bytes + 1);
	finding_add_number(x, "retained_bytes_saved_low", (double)pinned * 0.5, "bytes");
	finding_advice(
		x, "Give the blocks that stay a pool of their own, so that they do not lie between "
		   "those that "
		   "go; the heap can then shrink. Of no use if the memory is soon needed again.");
	finding_assumes(x, "the heap of glibc, which shrinks from the top only");
	sketch_slab(x, g);
}

static void segregate_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_look(d)->groups;
	const struct post_peak_snapshot *s = &detect_look(d)->low;
	if (!s->at_ns || !gs->n)
		return;
	uint32_t from;
	uint64_t n_blocks = 0, pinned = pinned_bytes(s, &from);
	const struct group *g = pinning_line(gs, s, from, &n_blocks);
	if (g && native_bytes_matter(m, d, (double)pinned) && !group_claimed(gs, d, g) &&
	    (double)g->bytes <= detect_option(d, "segregate_max_block_bytes") * (double)g->allocs &&
	    (double)g->peak_bytes <=
	            detect_option(d, "segregate_max_kept_share") * (double)pinned &&
	    native_one_size(d, g))
		report_segregate(gs, g, s, pinned, n_blocks, out);
}

DETECTOR(segregate, 110, options, segregate_run, "blocks that stay between blocks that go");
