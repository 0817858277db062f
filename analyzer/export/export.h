/*
 * A trace in the formats of other tools.
 *
 * A format is one file that defines a struct export_format; all are in export.c's table.  Formats are pure
 * functions: the same trace gives the same bytes.  Names from the trace are made safe to print.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <stdio.h>

#include "detect/finding.h"
#include "model/model.h"
#include "report/stack_table.h"

/* What a sample's weight is. */
enum export_metric {
	METRIC_PEAK,      /* bytes at the process's peak of live bytes */
	METRIC_LIVE,      /* bytes live at the end */
	METRIC_ALLOCATED, /* bytes allocated */
	METRIC_ALLOCS,    /* allocations */
	METRIC_TEMPORARY, /* allocations freed before their thread allocated again */
	METRIC_SAVED,     /* of METRIC_PEAK what one finding is about; 0 without one */
	METRICS,
};

/* All sites of one merged stack and one class. */
struct export_row {
	uint32_t node;     /* of the stack table; the leaf */
	uint32_t class_id; /* 0 = none */
	uint64_t value[METRICS];
	uint64_t peak_blocks, live_blocks;        /* at the process's peak; at the end */
	uint64_t own_peak_bytes, own_peak_blocks; /* sums of the sites' own peaks */
	uint64_t lifetime_ns;                     /* sum over freed blocks, by the median */
};

/* What is wanted of a trace. */
struct export_request {
	enum export_metric metric;
	const struct finding *finding;   /* of METRIC_SAVED, else NULL */
	const struct findings *findings; /* for the columns of rows; NULL: not looked for */
	const char *labels;              /* "service=a,version=b"; NULL: those of the trace */
	uint64_t step_ns;                /* of the windows of tables; 0: one window */
};

struct export_data {
	const struct model *m;
	const struct export_request *q;
	struct stack_table table; /* merged */
	struct export_row *rows;  /* by node, then class; not of tables */
	uint32_t n_rows, rows_room;
	uint32_t *row_of; /* by site id */
	enum export_metric metric;
	FILE *out;
	void *state; /* from begin() */
};

struct export_format {
	const char *name;
	const char *consumer;      /* a program that reads it */
	bool is_many;              /* several traces may follow each other */
	bool is_table;             /* rows by symbolic site and window (table.h) */
	void *(*begin)(FILE *out); /* before the first trace; NULL = nothing */
	void (*print)(struct export_data *d);
	void (*end)(void *state, FILE *out); /* after the last trace; NULL = nothing */
};

extern const struct export_format export_folded, export_speedscope, export_pprof, export_dhat,
	export_massif, export_callgrind, export_heaptrack, export_chrome, export_otlp,
	export_ndjson, export_csv, export_parquet;

/* All formats, ending with NULL. */
extern const struct export_format *const export_formats[];

/* Name and unit of a metric: "peak", "bytes".  metric_find() gives METRICS where there is none.  The unit of
 * METRIC_SAVED is the finding's: see export_saves_bytes(). */
const char *metric_name(enum export_metric metric);
const char *metric_unit(const struct export_data *d, enum export_metric metric);
/* True if a finding saves live bytes and no allocator calls: then METRIC_SAVED is bytes, else calls.  Both are the
 * lower end of the prediction, spread over the finding's sites by what they have. */
bool export_saves_bytes(const struct finding *x);
enum export_metric metric_find(const char *name);

/* Prints one trace's model in a format. */
void export_print(const struct export_format *format, const struct model *m,
                  const struct export_request *request, void *state, FILE *out);

/* ---- what formats share ---- */

/* The frame of a node, and its texts.  Node 0 has none. */
const struct symbol *export_symbol(const struct export_data *d, uint32_t node);

/* "module.Class" of a class, NULL of 0; to be freed. */
char *export_class_name(const struct model *m, uint32_t class_id);

/* Hex digits of a module's build id, "" without; to be freed. */
char *export_build_id(const struct trace_module *x);

/* Made safe to print, with every byte of `forbidden` replaced by `instead`; to be freed. */
char *export_clean(const char *text, const char *forbidden, char instead);

/* Adds the numbers of a row to those of another row. */
void export_row_add(struct export_row *to, const struct export_row *x);

/* By node: the sum over all rows at or below it.  An array of table.n_nodes, to be freed. */
uint64_t *export_inclusive(const struct export_data *d, enum export_metric metric);

#endif
