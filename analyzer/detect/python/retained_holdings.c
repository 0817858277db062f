/*
 * The pass over the events behind retained_holdings.h: for each slot of live memory, whether an instance of
 * the classes is in it, or a block that was allocated under a method of one.
 */
#include "retained_holdings.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct holder {
	uint32_t serial;    /* of the block in the slot */
	bool is_instance;   /* of one of the classes */
	uint32_t held_site; /* site + 1 that an instance's block is counted in, 0 none */
};

static bool counts(const struct holdings *h, uint32_t class_id)
{
	return class_id < h->n_classes && h->of_class[class_id];
}

static struct holder *retained_holdings_slot_at(struct holdings *h, uint32_t slot)
{
	return MEM_AT(h->slot, h->n_slots, slot);
}

/* The newest instance may be in use: what it keeps is no excess yet. */
static void count_excess(struct holdings *h)
{
	uint64_t n = h->n_built > h->n_keepers ? h->n_keepers : h->n_built - 1;

	if (!h->n_keepers)
		return;
	h->excess_bytes = h->kept_bytes * (double)n / (double)h->n_keepers;
	h->newest_bytes = n < h->n_keepers ? h->kept_bytes / (double)h->n_keepers : 0;
}

static void retained_holdings_count_peak(double *peak, double bytes)
{
	if (bytes > *peak)
		*peak = bytes;
}

static void live_begins(struct holdings *h, const struct block *b)
{
	h->live_bytes += (double)b->size_bytes;
	retained_holdings_count_peak(&h->peak_without, h->live_bytes - h->excess_bytes);
	retained_holdings_count_peak(&h->peak_without_any,
	                             h->live_bytes - h->excess_bytes - h->newest_bytes);
}

static void retained_holdings_instance_begins(struct holdings *h, struct holder *own)
{
	own->is_instance = true;
	if (h->n_built++ < h->n_to_build)
		h->bytes_at[h->n_built * HOLDINGS_STEPS / h->n_to_build] = h->bytes;
	count_excess(h);
}

static void held_step(struct held *h, uint64_t n_allocs)
{
	uint64_t each = n_allocs / HOLDINGS_STEPS ? n_allocs / HOLDINGS_STEPS : 1;

	if (++h->n_allocs % each)
		return;
	h->n_steps++;
	h->n_rises += h->bytes > h->step_bytes;
	h->step_bytes = h->bytes;
}

static void held_begins(struct holdings *h, struct held *held, const struct block *b)
{
	h->bytes += b->size_bytes;
	if (h->is_excess && h->is_excess[b->site_id])
		h->excess_bytes += (double)b->size_bytes;
	held->blocks++;
	held->bytes += b->size_bytes;
	if (held->blocks > held->peak_blocks)
		held->peak_blocks = held->blocks;
	if (held->bytes > held->peak_bytes)
		held->peak_bytes = held->bytes;
	held_step(held, h->model->sites[b->site_id].allocs);
}

static void retained_holdings_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct holdings *h = context;
	struct holder *own = retained_holdings_slot_at(h, b->slot);
	(void)e;

	*own = (struct holder){.serial = b->serial};
	if (counts(h, b->class_id))
		retained_holdings_instance_begins(h, own);
	if (b->owner_slot) {
		const struct holder *owner = retained_holdings_slot_at(h, b->owner_slot - 1);

		if (owner->is_instance && owner->serial == b->owner_serial) {
			retained_holdings_slot_at(h, b->slot)->held_site = b->site_id + 1;
			held_begins(h, &h->site[b->site_id], b);
		}
	}
	live_begins(h, b);
}

static void held_ends(struct holdings *h, uint32_t site, uint64_t size_bytes)
{
	h->site[site].blocks--;
	h->site[site].bytes -= size_bytes;
	h->bytes -= size_bytes;
	if (h->is_excess && h->is_excess[site])
		h->excess_bytes -= (double)size_bytes;
}

static void retained_holdings_on_free(void *context, const struct block *b, const struct event *e)
{
	struct holdings *h = context;
	struct holder *own = retained_holdings_slot_at(h, b->slot);
	(void)e;

	h->live_bytes -= (double)b->size_bytes;
	if (own->held_site)
		held_ends(h, own->held_site - 1, b->size_bytes);
	*own = (struct holder){0};
}

static void retained_holdings_on_realloc(void *context, const struct block *old,
                                         const struct block *new, const struct event *e)
{
	retained_holdings_on_free(context, old, e);
	retained_holdings_on_alloc(context, new, e);
}

static void retained_holdings_on_class(void *context, const struct block *b, const struct event *e)
{
	struct holdings *h = context;
	struct holder *own = retained_holdings_slot_at(h, b->slot);

	own->serial = b->serial;
	if (!counts(h, e->class_id))
		own->is_instance = false;
	else if (!own->is_instance)
		retained_holdings_instance_begins(h, own);
}

void holdings_init(struct holdings *h, const struct model *m)
{
	*h = (struct holdings){.model = m, .n_sites = m->n_sites, .n_classes = m->trace->n_classes};
	h->site = mem_zalloc(m->n_sites + 1, sizeof *h->site);
	h->of_class = mem_zalloc(h->n_classes + 1, sizeof *h->of_class);
}

void holdings_of_class(struct holdings *h, const struct class_stats *s)
{
	if (s->class_id >= h->n_classes || h->of_class[s->class_id])
		return;
	h->of_class[s->class_id] = true;
	h->n_to_build += s->built;
}

void holdings_replay(struct holdings *h, const struct model *m)
{
	struct model_observer observer = {
		.context = h,
		.what = "looking at what objects own",
		.on_alloc = retained_holdings_on_alloc,
		.on_free = retained_holdings_on_free,
		.on_realloc = retained_holdings_on_realloc,
		.on_class = retained_holdings_on_class,
	};

	model_scan(m, &observer, 1);
}

void holdings_release(struct holdings *h)
{
	free(h->slot);
	free(h->site);
	free(h->of_class);
}
