/* See owned.h. */
#include "owned.h"

#include <stdlib.h>

#include "class_family.h"

#define ABOVE_MOST 16u /* steps up the dominators to an instance of the same family */

struct weighing {
	const struct py_heap *h;
	const struct heap_graph *g;
	double *bytes;    /* by class id: sum of what instances retain */
	uint64_t *n;      /* by class id */
	uint32_t *family; /* by class id: base + 1, 0 not asked yet */
	uint32_t n_classes;
};

static uint32_t family_of(struct weighing *w, uint32_t class_id)
{
	if (!w->family[class_id])
		w->family[class_id] = class_family_base(w->h->m, class_id) + 1;
	return w->family[class_id];
}

/* Class of an instance, 0: it is none. */
static uint32_t class_at(const struct weighing *w, uint32_t node)
{
	uint32_t class_id = w->g->node[node].kind == HEAP_INSTANCE
	                            ? heap_type_at(w->g, node)->class_id
	                            : 0;

	return class_id < w->n_classes ? class_id : 0;
}

/* The class of the instance of the same family that retains this one, 0 none. */
static uint32_t class_above(struct weighing *w, uint32_t node, uint32_t class_id)
{
	uint32_t at = w->g->node[node].dominator;

	for (uint32_t i = 0; i < ABOVE_MOST && at != HEAP_NONE && at < w->g->n_objects; i++) {
		uint32_t above = class_at(w, at);

		if (above && family_of(w, above) == family_of(w, class_id))
			return above;
		at = w->g->node[at].dominator;
	}
	return 0;
}

static void weigh_graph(struct weighing *w)
{
	for (uint32_t i = 0; i < w->g->n_objects; i++) {
		uint32_t class_id = class_at(w, i), above;

		if (!class_id)
			continue;
		w->n[class_id]++;
		w->bytes[class_id] += (double)w->g->node[i].retained_bytes;
		above = class_above(w, i, class_id);
		w->bytes[above] -=
			(double)w->g->node[i].retained_bytes; /* entry 0 belongs to no class */
	}
}

static void settle(const struct weighing *w, struct census_class *k)
{
	int64_t id = k->name.id;
	double each = k->layout_n > 0 ? (double)k->layout_bytes / (double)k->layout_n : 0, owned;

	if (k->owned_n > 0 || id <= 0 || id >= w->n_classes || !w->n[id])
		return;
	owned = w->bytes[id] - each * (double)w->n[id];
	k->owned_n = (int64_t)w->n[id];
	k->owned_bytes = owned > 0 ? (int64_t)owned : 0;
}

void py_heap_weigh(struct py_heap *h)
{
	struct weighing w = {.h = h, .n_classes = h->m->trace->n_classes};

	if (!h->census->n_classes || !w.n_classes)
		return;
	w.family = mem_zalloc(w.n_classes, sizeof *w.family);
	for (uint32_t i = h->n; i-- > 0;) {
		w.g = h->graph[i];
		w.bytes = mem_zalloc(w.n_classes, sizeof *w.bytes);
		w.n = mem_zalloc(w.n_classes, sizeof *w.n);
		weigh_graph(&w);
		for (uint32_t k = 0; k < h->census->n_classes; k++)
			settle(&w, &h->census->classes[k]);
		free(w.bytes);
		free(w.n);
	}
	free(w.family);
}
