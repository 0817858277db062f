/*
 * `pooled-state-growth`: state that grows inside long-lived, reused instances, use after use.
 *
 * Looks at what is live that was made under methods of such instances, by site; a site that kept
 * rising while instances were lent out is what reset() forgets.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/py_lives.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"pooled_growth_min_blocks", 200, "blocks of the growing site, for each instance"},
	{"pooled_growth_min_bytes", 65536, "bytes of all growing sites together"},
	{"pooled_growth_min_rises", 0.75, "share of the moments between which the site grew"},
	{0},
};

/* What instances of one class hold, by site: now and at most.  (At the end the interpreter frees all.) */
struct holdings {
	uint32_t class_id;
	uint32_t n_slots, n_sites;
	struct holder *slot; /* by slot */
	struct held *site;   /* by site id */
};

struct holder {
	uint32_t serial;    /* of the block in the slot */
	bool is_instance;   /* of the class */
	uint32_t held_site; /* site + 1 that an instance's block is counted in, 0 none */
};

struct held {
	uint64_t blocks, bytes, peak_blocks, peak_bytes;
};

static struct holder *slot_at(struct holdings *h, uint32_t slot)
{
	if (slot >= h->n_slots) {
		uint32_t n = 2 * h->n_slots > slot + 1 ? 2 * h->n_slots : slot + 1024;

		h->slot = mem_realloc(h->slot, n * sizeof *h->slot);
		memset(h->slot + h->n_slots, 0, (n - h->n_slots) * sizeof *h->slot);
		h->n_slots = n;
	}
	return &h->slot[slot];
}

static void on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct holdings *h = context;
	struct holder *own = slot_at(h, b->slot), *owner;
	struct held *held = &h->site[b->site->id];
	(void)e;

	*own = (struct holder){b->serial, b->class_id == h->class_id, 0};
	if (!b->owner_slot)
		return;
	owner = slot_at(h, b->owner_slot - 1);
	if (!owner->is_instance || owner->serial != b->owner_serial)
		return;
	slot_at(h, b->slot)->held_site = b->site->id + 1;
	held->blocks++;
	held->bytes += b->size_bytes;
	if (held->blocks > held->peak_blocks)
		held->peak_blocks = held->blocks;
	if (held->bytes > held->peak_bytes)
		held->peak_bytes = held->bytes;
}

static void on_free(void *context, const struct block *b, const struct event *e)
{
	struct holdings *h = context;
	struct holder *own = slot_at(h, b->slot);
	(void)e;

	if (own->held_site) {
		h->site[own->held_site - 1].blocks--;
		h->site[own->held_site - 1].bytes -= b->size_bytes;
	}
	*own = (struct holder){0};
}

static void on_realloc(void *context, const struct block *old, const struct block *new,
                       const struct event *e)
{
	on_free(context, old, e);
	on_alloc(context, new, e);
}

static void on_class(void *context, const struct block *b, const struct event *e)
{
	struct holdings *h = context;

	slot_at(h, b->slot)->serial = b->serial;
	slot_at(h, b->slot)->is_instance = e->class_id == h->class_id;
}

static void holdings_init(struct holdings *h, const struct model *m, uint32_t class_id)
{
	struct model_observer observer = {
		.context = h,
		.on_alloc = on_alloc,
		.on_free = on_free,
		.on_realloc = on_realloc,
		.on_class = on_class,
	};

	*h = (struct holdings){.class_id = class_id, .n_sites = m->n_sites};
	h->site = mem_zalloc(m->n_sites + 1, sizeof *h->site);
	model_replay(m, &observer, 1);
}

static void holdings_release(struct holdings *h)
{
	free(h->slot);
	free(h->site);
}

#define MAX_FRAMES 256u

/* What instances are built with grows with their number, not in them. */
static bool is_under_constructor(const struct model *m, const struct site *s)
{
	uint32_t frames[MAX_FRAMES], n = model_raw_stack(m, s->stack, frames, MAX_FRAMES);

	for (uint32_t i = 0; i < n && i < MAX_FRAMES; i++) {
		uint32_t code = trace_frame(m->trace, frames[i])->code;

		if (code && !strcmp(trace_code(m->trace, code)->name, "__init__"))
			return true;
	}
	return false;
}

/* Bytes live at the moments since the site's first allocation: a line that keeps rising. */
static bool site_rises(const struct model *m, const struct site *s, double min_rises)
{
	uint32_t first = 0, n = 0, rises = 0;

	while (first < MODEL_TIMES && m->times_ns[first] < s->first_alloc_ns)
		first++;
	for (uint32_t i = first + 1; i < MODEL_TIMES && m->times_ns[i] <= s->last_alloc_ns;
	     i++, n++)
		rises += s->live_bytes_at[i] > s->live_bytes_at[i - 1];
	return n >= 3 && rises >= min_rises * n;
}

static void add_finding(const struct model *m, const struct detect *d, const struct py_life *l,
                        const struct tally *growing, double bytes, struct findings *out)
{
	const struct class_stats *s = l->class.stats;
	const struct symbol *at = model_site_name(m, &m->sites[tally_top(growing)->key]);
	struct finding *x = findings_add(out, "pooled-state-growth", VERDICT_WIN);

	x->class_id = s->class_id;
	x->confidence = 0.8;
	for (uint32_t i = 0; i < growing->n; i++)
		finding_add_site(x, (uint32_t)growing->entry[i].key);
	finding_title(x, "%s: state grows inside reused instances, at %s, %s so far", s->name,
	              at->function, short_bytes(bytes));
	finding_add_text(x, "function", "%s", at->function);
	finding_add_passed(x, "held_bytes", bytes, "bytes", "pooled_growth_min_bytes >= %.0f",
	                   detect_option(d, "pooled_growth_min_bytes"));
	finding_add_number(x, "instances", (double)s->peak_live, "");
	finding_add_number(x, "growing_sites", growing->n, "");
	finding_advice(
		x,
		"What %s keeps from use to use grows as long as the instance lives: drop it when "
		"the instance goes back to its pool (in reset()), or bound it.",
		s->name);
	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(0, bytes);
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void look_at(const struct model *m, const struct detect *d, const struct py_life *l,
                    struct findings *out)
{
	struct holdings h;
	struct tally growing = {0};
	double bytes = 0;

	holdings_init(&h, m, l->class.stats->class_id);
	for (uint32_t i = 0; i < h.n_sites; i++) {
		if ((double)h.site[i].peak_blocks < detect_option(d, "pooled_growth_min_blocks") ||
		    is_under_constructor(m, &m->sites[i]) ||
		    !site_rises(m, &m->sites[i], detect_option(d, "pooled_growth_min_rises")))
			continue;
		tally_add(&growing, i, h.site[i].peak_bytes, UINT32_MAX);
		bytes += (double)h.site[i].peak_bytes;
	}
	tally_sort(&growing);
	if (growing.n && bytes >= detect_option(d, "pooled_growth_min_bytes"))
		add_finding(m, d, l, &growing, bytes, out);
	tally_release(&growing);
	holdings_release(&h);
}

static void pooled_growth_run(const struct model *m, const struct detect *d, struct findings *out)
{
	struct py_lives l;

	if (!m->process->python)
		return;
	py_lives_init(&l, m, d);
	py_lives_watch_pooled(&l, m, d);
	for (uint32_t i = 0; i < l.n; i++)
		if (py_life_is_pooled(&l.life[i], d))
			look_at(m, d, &l.life[i], out);
	py_lives_release(&l);
}

DETECTOR_NAMED(pooled_state_growth, "pooled-state-growth", 19, options, pooled_growth_run,
               "state that grows inside reused objects");
