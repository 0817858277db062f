/*
 * Rows for tables: one for each symbolic site (model/site_key.h) and window of time.  docs/fleet.md documents the columns;
 * TABLE_VERSION counts changes of their meaning.
 */
#ifndef EXPORT_TABLE_H
#define EXPORT_TABLE_H

#include "export/export.h"
#include "export/window.h"

#define TABLE_VERSION 1u

enum table_type { TABLE_TEXT, TABLE_COUNT, TABLE_REAL };

struct table_column {
	const char *name;
	enum table_type type;
};

/* All columns, texts first; ends with a NULL name. */
extern const struct table_column table_columns[];
unsigned table_n_columns(void);

union table_value {
	const char *text; /* as in the trace: to be made safe to print */
	uint64_t count;
	double real;
};

/* Calls row() for each row, in order of windows and sites. */
void table_each_row(struct export_data *d,
                    void (*row)(void *context, const union table_value *values), void *context);

#endif
