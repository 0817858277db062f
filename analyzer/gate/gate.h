/*
 * Limits on what repeats from run to run: counts and bytes, never times.
 *
 * Traces are added one after the other: allocations, bytes and what is live at the end add up, the peak is that of the
 * process with the largest.  Then the limits are looked at; each gives one check or several.
 */
#ifndef GATE_H
#define GATE_H

#include <stdio.h>

#include "detect/finding.h"
#include "gate/suppressions.h"
#include "model/model.h"

enum gate_measure { GATE_ALLOCS, GATE_BYTES, GATE_PEAK, GATE_END, GATE_MEASURES };

/* One option that sets a limit. */
struct gate_limit {
	const char *rule; /* the option: "max-allocs" */
	enum gate_measure measure;
	char *pattern; /* "[FILE:]FUNCTION" or "region:NAME" with *; NULL: the whole run; owned */
	uint64_t most;
	uint64_t found;      /* sum over what matches */
	char *heaviest;      /* name of the place that has most of it; owned; NULL = none */
	uint64_t n_heaviest; /* its part */
	char *file;          /* of that place; owned; NULL unknown */
	uint32_t line;
};

enum gate_kind { GATE_TOTAL, GATE_PLACE, GATE_REGION };

/* Numbers of the whole run, of a place, of a region that the program announced. */
struct gate_row {
	enum gate_kind kind;
	char *name; /* symbolic (model/site_key.h), or the region's; owned */
	char *file; /* NULL unknown; owned */
	uint32_t line;
	uint64_t value[GATE_MEASURES]; /* of places and regions without the peak */
	uint64_t heaviest_bytes;
};

struct gate_finding {
	char *kind, *name, *title, *file; /* owned; file NULL unknown */
	uint32_t line;
};

/* The result of looking at one limit. */
struct gate_check {
	const char *rule;
	char *subject, *message, *file; /* owned; file NULL unknown */
	uint32_t line;
	bool failed;
	double actual, allowed;
};

struct gate_entry;

struct gate {
	struct gate_limit *limits;
	uint32_t n_limits, limits_room;
	const char *fail_on; /* comma-separated kinds, NULL none */
	bool no_growth;
	struct suppressions suppressions;
	double tolerance; /* share: 0.05 */

	struct gate_row **rows;
	uint32_t n_rows, rows_room;
	struct gate_entry *index;
	struct gate_finding *findings;
	uint32_t n_findings, findings_room;
	uint64_t suppressed_bytes; /* live at the end, left out */
	uint32_t n_traces;

	struct gate_check *checks;
	uint32_t n_checks, checks_room;
};

void gate_release(struct gate *g);

/* "1000", "parse=1000", "main.c:parse=64K"; -1 after error(). */
int gate_add_limit(struct gate *g, const char *rule, enum gate_measure measure, const char *text);

/* ---- numbers.c ---- */

/* Adds a process; `f` NULL: no findings are asked for. */
void gate_add(struct gate *g, const struct model *m, const struct findings *f);
/* The row of that kind and name, made if need be. */
struct gate_row *gate_row(struct gate *g, enum gate_kind kind, const char *name);

/* ---- checks.c ---- */

/* A check; the file is copied. */
__attribute__((format(printf, 7, 8))) struct gate_check *
gate_check_add(struct gate *g, const char *rule, const char *subject, const char *file,
               uint32_t line, bool failed, const char *fmt, ...);
/* Looks at all limits but the baseline's. */
void gate_check_limits(struct gate *g);
uint32_t gate_failures(const struct gate *g);
/* "made", "allocated", "live at the peak", "live at the end" */
const char *gate_measure_words(enum gate_measure measure);
/* "20000 bytes (19.5 KiB)", "1000 allocations" */
const char *gate_value(double value, enum gate_measure measure);

/* ---- baseline.c ---- */

/* Compares with a file that gate_write_baseline() wrote; -1 after error(). */
int gate_check_baseline(struct gate *g, const char *path);
int gate_write_baseline(const struct gate *g, const char *path);

/* ---- printing; files are written whole or not at all ---- */

void gate_print_text(const struct gate *g, FILE *f);
void gate_print_github(const struct gate *g, FILE *f);
void gate_print_json(const struct gate *g, FILE *f);
void gate_print_junit(const struct gate *g, FILE *f);
void gate_print_sarif(const struct gate *g, FILE *f);

#endif
