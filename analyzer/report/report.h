/*
 * Reports: pure functions of models, findings and options; nothing is computed here that a detector
 * could have, and the same input gives the same bytes.
 *
 * A format is one file that defines a struct report_format; all are in report.c's table.
 */
#ifndef PT_REPORT_REPORT_H
#define PT_REPORT_REPORT_H

#include <stdio.h>

#include "detect/detect.h"
#include "model/model.h"

/* One process's trace and what was found in it. */
struct report_run {
	struct model *model;
	struct findings findings;
};

enum place_order { BY_PEAK, BY_END, BY_BYTES, BY_ALLOCS, BY_TEMPORARY, BY_LIFE };
enum place_group {
	GROUP_PLACE,
	GROUP_FUNCTION,
	GROUP_LINE,
	GROUP_FILE,
	GROUP_MODULE,
	GROUP_CLASS,
	GROUP_THREAD
};

struct programs;

struct report_options {
	uint32_t top; /* rows of a list; 0: the format's own default */
	bool color;
	bool unicode;   /* the terminal's or file's encoding is UTF-8 */
	uint32_t width; /* columns of the text, 0: 100 */
	/* Of the text: */
	enum place_order order;
	enum place_group group;
	const char *filter;  /* extended regular expression over places, NULL: all */
	const char *finding; /* id or number: this finding alone, in full; NULL none */
	bool all, tree, callers;
	unsigned schema;     /* of the JSON: 1 or 2 */
	bool confidential;   /* JSON, HTML: no arguments, directories, host or source lines */
	const char *explain; /* class, NULL none */
	bool per_process;    /* text: each further process is a row, not each program */
	FILE *out;

	/* Of more processes than are printed in full: their sums; NULL none. */
	const struct programs *programs;
	/* The first run is not the process that was asked for but the one with the largest trace. */
	const struct trace_process *asked_for;
};

/* Text prints in full at most so many runs; of more the first one. */
#define REPORT_FULL_RUNS 2u

struct report_format {
	const char *name;
	bool details;  /* it prints what models have with MODEL_ALL */
	bool is_brief; /* of more than REPORT_FULL_RUNS runs it reads only the first one's model; of
	                  the others totals, health, process id and path */
	void (*print)(const struct report_run *runs, uint32_t n_runs,
	              const struct report_options *o);
};

extern const struct report_format report_text, report_json, report_html;

/* NULL: no such format. */
const struct report_format *report_format_find(const char *name);

/* ---- what formats share ---- */

enum report_order { ORDER_LIVE, ORDER_CHURN, ORDER_PEAK };

/* Sites of a model in an order, ties by id.  To be freed. */
const struct site **report_sorted_sites(const struct model *m, enum report_order order);

double report_per_second(const struct model *m, uint64_t amount); /* 0 for an instant */

/* "exit code 3", "killed, or still running", ... */
const char *report_end(const struct trace_process *p);
const char *report_stop_reason(uint32_t stop_reason);

/* What the end of a thread may have taken with it, NULL nothing. */
const char *report_unwritten(const struct trace_process *p);
/* Processes that it started and that are not recorded, NULL: none is known. */
const char *report_untraced(const struct trace_process *p);
/* What was not looked at in a CPython process, and which advice that costs; NULL: all was, or there was nothing. */
const char *report_no_census(const struct model *m);
/* What is to be said about a module whose frames were asked for; NULL nothing. */
const char *report_module_trouble(const struct model *m, uint32_t module);

#endif
