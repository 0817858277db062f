/*
 * See holder.h.
 */
#include "holder.h"

#include <stdlib.h>

/* A sixteenth of the run is "long before". */
static bool is_older(const struct heap_graph *g, uint32_t instance, uint32_t via)
{
	const struct heap_node *x = &g->node[instance], *y = &g->node[via];

	return x->born && y->born && y->born > x->born &&
	       y->born - x->born > g->last_seq / HEAP_STEPS;
}

void holding_count(const struct py_heap *h, struct holdings_list *l, const struct holding *like)
{
	const struct heap_graph *g = h->graph[like->graph];
	struct holding *k = NULL;

	for (uint32_t i = 0; i < l->n && !k; i++)
		if (l->list[i].graph == like->graph && l->list[i].holder == like->holder &&
		    l->list[i].class_id == like->class_id && l->list[i].how == like->how)
			k = &l->list[i];
	if (!k) {
		k = MEM_PUSH(l->list, l->n, l->room);
		*k = *like;
		k->n = k->bytes = k->n_older = 0;
	}
	k->n++;
	k->bytes += g->node[like->sample].retained_bytes;
	k->n_older += is_older(g, like->sample, like->via);
}

static uint64_t bytes_of_class(const struct holdings_list *l, uint32_t graph, uint32_t class_id)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < l->n; i++)
		if (l->list[i].graph == graph && l->list[i].class_id == class_id)
			bytes += l->list[i].bytes;
	return bytes;
}

static int by_bytes(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->holder < y->holder ? -1 : x->holder > y->holder;
}

void holdings_settle(const struct py_heap *h, struct holdings_list *l)
{
	uint32_t n = 0;
	bool *keep = mem_zalloc(l->n + 1, sizeof *keep);

	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t own = bytes_of_class(l, l->list[i].graph, l->list[i].class_id);

		keep[i] = true;
		for (uint32_t g = 0; g < h->n; g++) {
			uint64_t other = bytes_of_class(l, g, l->list[i].class_id);

			/* Of two alike the one at exit, which is the last. */
			if (g > l->list[i].graph ? other >= own : other > own)
				keep[i] = false;
		}
	}
	for (uint32_t i = 0; i < l->n; i++)
		if (keep[i])
			l->list[n++] = l->list[i];
	l->n = n;
	free(keep);
	if (n)
		qsort(l->list, n, sizeof *l->list, by_bytes);
}
