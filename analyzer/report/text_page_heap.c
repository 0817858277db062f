/*
 * WHO HOLDS IT: what retains most memory of a CPython process, at the highest resident memory that was looked
 * at and at exit, with the way to it.
 */
#include <stdlib.h>

#include "report/holders.h"
#include "report/text_page.h"
#include "util/text.h"

static void put_graph(const struct text_page *p, const struct heap_graph *g)
{
	char path[1000];
	uint32_t n, *list = holders_choose(g, p->top, &n);

	fprintf(p->f, "  %s: %s in %s objects%s\n", holders_moment(g),
	        short_bytes((double)g->node[g->top].retained_bytes), short_count(g->n_objects),
	        g->cut || g->is_damaged ? " (cut short: lower bounds)" : "");
	for (uint32_t i = 0; i < n; i++) {
		const struct heap_node *x = &g->node[list[i]];

		heap_path_text(p->m, g, list[i], path, sizeof path);
		int column = fprintf(p->f, "  %10s %8s objects  ",
		                     short_bytes((double)x->retained_bytes),
		                     short_count(x->n_retained));
		text_page_hanging(p, (unsigned)column, 6, path);
	}
	if (!n)
		fputs("             nothing of the program retains much of it\n", p->f);
	free(list);
}

void text_page_heap(const struct text_page *p)
{
	const struct trace *t = p->m->trace;
	const uint32_t shown[] = {heap_graph_last_of(t, PTF_HEAP_AT_PEAK),
	                          heap_graph_last_of(t, PTF_HEAP_AT_EXIT)};

	if (!t->n_heaps)
		return;
	text_page_heading(p, "WHO HOLDS IT  retained bytes / with it / the way to it");
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		struct heap_graph *g = shown[i] != HEAP_NONE ? heap_graph_new(t, shown[i]) : NULL;

		if (g)
			put_graph(p, g);
		heap_graph_free(g);
	}
}
