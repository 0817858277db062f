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

#define PAGE_BYTES 4096u
#define HEADER_BYTES 8u        /* of a block, by glibc */
#define CHUNK_BYTES (1u << 20) /* they all stay: large chunks waste little */

static struct detector_option options[] = {
	{"segregate_max_live_share", 0.5, "live bytes after the fall over the peak"},
	{"segregate_min_low_share", 0.1, "share of the run for which they stay low"},
	{"segregate_min_stay_share", 0.05, "the same where what is live then stays to the end"},
	{"segregate_max_block_bytes", 1024, "mean size of the blocks that stay"},
	{"segregate_max_kept_share", 0.5,
         "bytes of the blocks that stay over the free pages they pin"},
	{0},
};

/* The heap between its lowest and its highest live block. */
struct holes {
	uint64_t pages;   /* bytes of pages without a live block: malloc_trim() gives them back */
	uint64_t partial; /* free bytes of the other pages: nothing gives them back */
	uint32_t from;    /* the first live block above the first free page */
};

static uint64_t page_of(uint64_t address)
{
	return address & ~(uint64_t)(PAGE_BYTES - 1);
}

static struct holes holes_of(const struct post_peak_snapshot *s)
{
	struct holes h = {.from = s->n_live};
	uint64_t end = 0, used = 0;

	for (uint32_t i = 0; i < s->n_live; i++) {
		uint64_t start = page_of(s->live[i].address);
		if (end && start > end) {
			h.pages += start - end;
			if (h.from == s->n_live)
				h.from = i;
		}
		end = page_of(s->live[i].address + s->live[i].size_bytes + PAGE_BYTES - 1);
		used += s->live[i].size_bytes + HEADER_BYTES;
	}

	uint64_t span = s->n_live ? end - page_of(s->live[0].address) - h.pages : 0;
	h.partial = span > used ? span - used : 0;
	if (h.partial > h.pages)
		h.from = 0; /* every block holds a page that is mostly empty */
	return h;
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
		   "go. The heap can then shrink: from its top by itself, in between by "
		   "malloc_trim(0). Of "
		   "no use if the memory is soon needed again.");
	finding_assumes(x, "assumes the heap of glibc, which gives back whole pages only");
	sketch_slab(x, g);
}

/* Blocks too large, or too different, for a pool: the pages between them can be given back as they are. */
static void report_trim(const struct groups *gs, const struct group *g, const struct holes *h,
                        struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "tunable", VERDICT_WIN);

	finding_title(x, "malloc_trim: %.1f MB of free pages lie between blocks of %s that stay",
	              (double)h->pages / 1e6, group_name(g, name, sizeof name));
	native_evidence(x, g);
	finding_add_number(x, "free_page_bytes", (double)h->pages, "bytes");
	finding_add_number(x, "free_bytes_in_used_pages", (double)h->partial, "bytes");
	native_predict(x, 0, 0, (double)h->pages);
	x->prediction.live_bytes_saved.low *= 0.5;
	x->prediction.allocator_calls_saved.present = false;
	x->confidence = 0.8;
	x->score = 0.8 * (double)h->pages / (double)(gs->model->totals.peak_live_bytes + 1);
	finding_advice(
		x, "Call malloc_trim(0) when the phase that needs much memory is over: the heap "
		   "shrinks by itself from its top only. Or keep the blocks that stay apart from "
		   "those that go. Of no use if the memory is soon needed again.");
	finding_assumes(x, "counts resident memory after the peak, not the peak itself");
}

static bool can_pool(const struct detect *d, const struct group *g, double held)
{
	return (double)g->bytes <=
	               detect_option(d, "segregate_max_block_bytes") * (double)g->allocs &&
	       (double)g->peak_bytes <= detect_option(d, "segregate_max_kept_share") * held &&
	       native_one_size(d, g) && !g->foreign_frees;
}

static void segregate_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;
	const struct post_peak_snapshot *s = &detect_event_pass(d)->low;
	if (!s->at_ns || !gs->n)
		return;

	struct holes h = holes_of(s);
	uint64_t n_blocks = 0, held = h.from ? h.pages : h.pages + h.partial;
	const struct group *g = pinning_line(gs, s, h.from, &n_blocks);
	if (!g || group_claimed(gs, d, g) || !native_bytes_matter(m, d, (double)held))
		return;

	if (can_pool(d, g, (double)held))
		report_segregate(gs, g, s, held, n_blocks, out);
	else if (native_bytes_matter(m, d, (double)h.pages) &&
	         (double)g->live_bytes_at[MODEL_TIMES - 1] <= (double)h.pages)
		report_trim(gs, g, &h, out);
}

DETECTOR(segregate, 110, options, segregate_run, "blocks that stay between blocks that go");
