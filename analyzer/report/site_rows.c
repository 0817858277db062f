/* See site_rows.h. */
#include "report/site_rows.h"

#include <stdlib.h>

#include "util/mem.h"

/* Small sites of one node of the tree and of those below it. */
struct small {
	struct site_sums sums;
	uint32_t n_sites;
};

static uint32_t site_rows_node_of(const struct model *m, const struct site *s)
{
	return trace_stack(m->trace, s->stack)->node;
}

/* Parents have smaller numbers than their children, so one pass from the end carries sums upwards. */
static void put_small(const struct model *m, double share, struct small *small,
                      struct site_row **rows, uint32_t *n, uint32_t *room)
{
	for (uint32_t node = m->trace->n_nodes; node-- > 0;) {
		struct small *x = &small[node];
		if (!x->n_sites)
			continue;
		if (node && sums_are_small(m, &x->sums, share)) {
			struct small *above = &small[m->trace->nodes[node].parent];
			sums_add(&above->sums, &x->sums);
			above->n_sites += x->n_sites;
			continue;
		}
		*MEM_PUSH(*rows, *n, *room) = (struct site_row){
			.trace_node = node, .n_sites = x->n_sites, .sums = x->sums};
	}
}

struct site_row *site_rows(const struct model *m, double least_share, const bool *keep, uint32_t *n)
{
	struct small *small = least_share > 0 ? mem_zalloc(m->trace->n_nodes + 1, sizeof *small)
	                                      : NULL;
	struct site_row *rows = NULL;
	uint32_t room = 0;

	*n = 0;
	for (uint32_t i = 0; i < m->n_sites; i++) {
		const struct site *s = &m->sites[i];
		struct site_row row = {
			.site = s, .trace_node = site_rows_node_of(m, s), .n_sites = 1};
		sums_add_site(&row.sums, s);
		if (small && !keep[i] && sums_are_small(m, &row.sums, least_share)) {
			sums_add_site(&small[row.trace_node].sums, s);
			small[row.trace_node].n_sites++;
		} else {
			*MEM_PUSH(rows, *n, room) = row;
		}
	}

	if (small)
		put_small(m, least_share, small, &rows, n, &room);
	free(small);
	return rows;
}
