/*
 * `pooled-state-growth`: state that grows inside long-lived, reused instances, use after use.
 *
 * Looks at what is live at the end under methods of such instances, by the site that made it; a site
 * whose share kept rising to the end while instances were lent out is what reset() forgets.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/py_lives.h"
#include "util/text.h"

static struct detector_option options[] = {
	{ "pooled_growth_min_blocks", 200, "blocks of the growing site, for each instance" },
	{ "pooled_growth_min_bytes", 65536, "bytes of all growing sites together" },
	{ "pooled_growth_min_rises", 0.75, "share of the moments between which the site grew" },
	{ 0 },
};

/* What live instances of one class hold at the end, by site. */
struct holdings {
	const struct model *m;
	uint32_t class_id;
	uint32_t *serial_at;  /* by slot: serial + 1 of an instance of the class in it */
	uint32_t n_slots;
	struct tally blocks, bytes;
};

static bool note_slots(void *context, const struct block *b)
{
	struct holdings *h = context;

	if (b->slot >= h->n_slots) {
		uint32_t n = 2 * h->n_slots > b->slot + 1 ? 2 * h->n_slots : b->slot + 1;

		h->serial_at = mem_realloc(h->serial_at, n * sizeof *h->serial_at);
		memset(h->serial_at + h->n_slots, 0, (n - h->n_slots) * sizeof *h->serial_at);
		h->n_slots = n;
	}
	if (b->class_id == h->class_id)
		h->serial_at[b->slot] = b->serial + 1;
	return true;
}

static bool note_owned(void *context, const struct block *b)
{
	struct holdings *h = context;

	if (b->owner_slot && b->owner_slot - 1 < h->n_slots &&
	    h->serial_at[b->owner_slot - 1] == b->owner_serial + 1) {
		tally_add(&h->blocks, b->site->id, 1, UINT32_MAX);
		tally_add(&h->bytes, b->site->id, b->size_bytes, UINT32_MAX);
	}
	return true;
}

/* Bytes live at the moments since the site's first allocation: a line that keeps rising. */
static bool site_rises(const struct model *m, const struct site *s, double min_rises)
{
	uint32_t first = 0, n = 0, rises = 0;

	while (first < MODEL_TIMES && m->times_ns[first] < s->first_alloc_ns)
		first++;
	for (uint32_t i = first + 1; i < MODEL_TIMES && m->times_ns[i] <= s->last_alloc_ns; i++, n++)
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
	finding_title(x, "%s: state grows inside reused instances, at %s, %s so far", s->name, at->function,
	              short_bytes(bytes));
	finding_add_text(x, "function", "%s", at->function);
	finding_add_passed(x, "held_bytes", bytes, "bytes", "pooled_growth_min_bytes >= %.0f",
	                   detect_option(d, "pooled_growth_min_bytes"));
	finding_add_number(x, "instances", (double)s->live, "");
	finding_add_number(x, "growing_sites", growing->n, "");
	finding_advice(x, "What %s keeps from use to use grows as long as the instance lives: drop it when "
	                  "the instance goes back to its pool (in reset()), or bound it.",
	               s->name);
	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(0, bytes);
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

static void look_at(const struct model *m, const struct detect *d, const struct py_life *l,
                    struct findings *out)
{
	struct holdings h = { .m = m, .class_id = l->class.stats->class_id };
	struct tally growing = { 0 };
	double bytes = 0;

	model_each_live_block(m, note_slots, &h);
	model_each_live_block(m, note_owned, &h);
	for (uint32_t i = 0; i < h.blocks.n; i++) {
		uint32_t site = (uint32_t)h.blocks.entry[i].key;

		if ((double)h.blocks.entry[i].count < detect_option(d, "pooled_growth_min_blocks") ||
		    !site_rises(m, &m->sites[site], detect_option(d, "pooled_growth_min_rises")))
			continue;
		tally_add(&growing, site, tally_find(&h.bytes, site)->count, UINT32_MAX);
		bytes += (double)tally_find(&h.bytes, site)->count;
	}
	tally_sort(&growing);
	if (growing.n && bytes >= detect_option(d, "pooled_growth_min_bytes"))
		add_finding(m, d, l, &growing, bytes, out);
	tally_release(&growing);
	tally_release(&h.blocks);
	tally_release(&h.bytes);
	free(h.serial_at);
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
