/* See regions.h. */
#include "gate/regions.h"

#include <string.h>

void regions_begin(struct regions *r, struct gate *g, const struct trace *t)
{
	*r = (struct regions){.gate = g, .trace = t};
}

static struct open_region *find_open(struct regions *r, uint64_t number)
{
	for (uint32_t i = 0; i < REGIONS_OPEN; i++)
		if (r->open[i].number == number)
			return &r->open[i];
	return NULL;
}

static void open_region(struct regions *r, const struct event *e, const struct model_totals *t)
{
	struct open_region *o = e->old_address ? find_open(r, 0) : NULL;

	if (!o) {
		r->n_left_out++;
		return;
	}
	o->number = e->old_address;
	o->allocs = t->allocs;
	o->bytes = t->allocated_bytes;
	o->live = t->live_bytes;
	trace_mark_name(r->trace, e, o->name);
}

static void close_region(struct regions *r, const struct event *e, const struct model_totals *t)
{
	struct open_region *o = e->old_address ? find_open(r, e->old_address) : NULL;

	if (!o)
		return;
	o->number = 0;
	if (r->gate->n_rows >= REGIONS_MOST) {
		r->n_left_out++;
		return;
	}

	struct gate_row *row = gate_row(r->gate, GATE_REGION, o->name);
	row->value[GATE_ALLOCS] += t->allocs - o->allocs;
	row->value[GATE_BYTES] += t->allocated_bytes - o->bytes;
	row->value[GATE_END] += t->live_bytes > o->live ? t->live_bytes - o->live : 0;
}

static void regions_on_mark(void *context, const struct event *e, const struct model_totals *t)
{
	if (e->region == PTF_MARK_BEGIN)
		open_region(context, e, t);
	else if (e->region == PTF_MARK_END)
		close_region(context, e, t);
}

struct model_observer regions_observer(struct regions *r)
{
	return (struct model_observer){.context = r, .on_mark = regions_on_mark};
}
