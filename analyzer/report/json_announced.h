/* The program's marks and regions in JSON schema 2.  Private to report/json*.c. */
#ifndef PT_REPORT_JSON_ANNOUNCED_H
#define PT_REPORT_JSON_ANNOUNCED_H

#include "model/announced.h"
#include "report/json_stream.h"
#include "report/stack_table.h"

/* Gives the names their numbers; a: NULL none.  Before the table is written. */
void json_announced_names(struct stack_table *t, const struct announced *a);
/* "marks", "regions", "region_names"; no key when a is NULL. */
void json_announced(struct json_stream *j, struct stack_table *t, const struct announced *a);

#endif
