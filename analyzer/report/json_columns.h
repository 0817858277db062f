/*
 * One process in JSON schema 2: small parts as objects, everything that has many rows as columns.
 * docs/report-json.md describes the keys, docs/report.schema.json checks them.
 */
#ifndef PT_REPORT_JSON_COLUMNS_H
#define PT_REPORT_JSON_COLUMNS_H

#include "report/json_stream.h"
#include "report/report.h"

struct columns_setting {
	uint32_t details;   /* sites of each order with distributions, sizes, who freed, ... */
	double least_share; /* smaller sites are added up, see site_rows(); 0: none are */
	size_t text_room;   /* bytes of a string, 0: all */
	bool source;        /* source lines of the biggest places */
	bool merge;         /* frames without addresses, equal ones once */
	bool confidential;  /* no arguments, directories, host */
};

/* The keys of one process, into the object that is open. */
void json_columns(struct json_stream *j, const struct report_run *r,
                  const struct columns_setting *s);

#endif
