/*
 * Which return addresses tell the sites of a plan from all others: for each site the shortest row of frames,
 * from the caller of malloc() on, that every allocation with that row has in common with it.
 */
#ifndef PT_TRIAL_SITE_ROWS_H
#define PT_TRIAL_SITE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

/* What becomes of the blocks of a site. */
struct site_use {
	uint8_t finding; /* number from 1; 0: nothing */
	uint8_t lane;    /* likewise */
};

struct site_row {
	struct site_use use;
	uint32_t n_frames;
	const uint32_t *frames; /* frame ids, leaf first */
};

struct site_rows {
	struct site_row *list;
	uint32_t n, room;
	uint64_t *undecided_allocs; /* by finding: of sites that no row tells from others */
	uint32_t *frames;           /* of all sites, PLAN_DEPTH_MAX each */
};

/* use: by site, with numbers up to n_findings. */
void site_rows_make(struct site_rows *rows, const struct model *m, const struct site_use *use,
                    uint32_t n_findings);
void site_rows_release(struct site_rows *rows);

#endif
