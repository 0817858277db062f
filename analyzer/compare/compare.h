/*
 * What changed between two sides, each of one run or several: totals, places, findings.
 *
 * Places are matched by their symbolic key (model/site_key.h).  Runs are added one after the other and may be
 * closed afterwards; memory is that of the distinct places.  Of several runs of one side the mean is
 * compared; a change counts when the ranges of the two sides do not touch.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdio.h>

#include "detect/finding.h"
#include "model/site_key.h"

enum side { BEFORE, AFTER, SIDES };

/* What is compared of a place; the first four of the totals, too. */
enum measure { MEASURE_BYTES, MEASURE_ALLOCS, MEASURE_PEAK, MEASURE_END, MEASURES };
enum total { TOTAL_CALLS = MEASURES, TOTAL_CPU, TOTALS };

/* One number over the runs of one side. */
struct spread {
	uint64_t sum, least, most;
};

struct compare_place {
	struct site_key key;
	char *name;  /* symbolic path; owned */
	char *where; /* "file.c:12", "" = unknown; of the last run that has it; owned */
	struct spread value[SIDES][MEASURES];
	uint64_t run[MEASURES];  /* sums of the run that is being added */
	uint64_t heaviest_bytes; /* of the site that `where` is of, in that run */
	uint32_t n_seen[SIDES];  /* runs that have it */
	bool is_in_run, is_hidden;
};

struct compare_finding {
	char *name;  /* symbolic name; owned */
	char *title; /* of the last run that has it; owned */
	uint32_t n_seen[SIDES];
	bool is_in_run;
};

struct comparison {
	uint32_t depth; /* frames that tell places from each other, 0 = all */
	uint32_t n_runs[SIDES];
	struct spread total[SIDES][TOTALS];
	uint32_t n_cpu_known;          /* runs that tell the CPU time of the untraced program */
	struct compare_place **places; /* compare_finish(): most changed first, hidden ones last */
	uint32_t n_places, places_room, n_shown;
	uint32_t n_equal, n_noise,
		n_pairs; /* hidden: unchanged, within the noise, pairs that cancel */
	struct compare_finding **findings; /* compare_finish(): new, gone, same; by name */
	uint32_t n_findings, findings_room;
	struct place_index *place_index;
	struct finding_index *finding_index;
};

void compare_init(struct comparison *c, uint32_t depth);
void compare_release(struct comparison *c);

/* Adds a run; `f` may be closed afterwards, as may the model. */
void compare_add(struct comparison *c, enum side side, const struct model *m,
                 const struct findings *f);

/* All runs are there: sorts, and hides what did not change. */
void compare_finish(struct comparison *c);

/* ---- what printers share ---- */

double compare_mean(const struct comparison *c, enum side side, const struct spread *x);
/* True if the sides differ by more than their runs do among themselves. */
bool compare_differs(const struct comparison *c, const struct spread before,
                     const struct spread after);
/* Half of the widest range, as a share of the mean; 0 where no side has several runs. */
double compare_noise(const struct comparison *c, const struct spread *before,
                     const struct spread *after);
/* How many per cent the smallest value after lies above the largest one before; 0 = it does not. */
double compare_increase(const struct spread *before, const struct spread *after);

const char *compare_total_name(unsigned total);
/* "new", "gone", "" */
const char *compare_place_state(const struct compare_place *x);
const char *compare_finding_state(const struct compare_finding *x); /* "new", "gone", "same" */
/* "+12.3 KiB", "-4"; "+30.1 %", "new", "gone", "0 %".  Static buffers, good for several uses. */
const char *compare_change(double before, double after, unsigned total);
const char *compare_percent(double before, double after);
const char *compare_value(double value, unsigned total);

struct compare_format {
	const char *name;
	void (*print)(const struct comparison *c, uint32_t top, FILE *f);
};
/* text, json, markdown, html; ends with NULL. */
extern const struct compare_format compare_text, compare_json, compare_markdown, compare_html;
extern const struct compare_format *const compare_formats[];

#endif
