/*
 * Rows of sites for JSON and HTML: every site, or the big ones with what is small added up in the
 * deepest caller where the sum is no longer small.  Rows add up to the totals either way.
 */
#ifndef PT_REPORT_SITE_ROWS_H
#define PT_REPORT_SITE_ROWS_H

#include "report/places.h"

struct site_row {
	const struct site *site; /* NULL: several small ones */
	uint32_t trace_node;     /* its stack, or the caller that they have in common; 0 none */
	uint32_t n_sites;
	struct site_sums sums;
};

/* An array of *n rows, to be freed.  least_share: of the process's bytes at the peak, bytes at the end,
 * allocated bytes, allocations and temporary ones; a site below that in all of them is small unless
 * keep[its id].  0: none is, and row i is site i. */
struct site_row *site_rows(const struct model *m, double least_share, const bool *keep,
                           uint32_t *n);

#endif
