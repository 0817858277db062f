/*
 * What the files of the JSON report share: small writers over cJSON, and each other's parts.  Keys are
 * documented in docs/report-json.md.  Private to report/json*.c.
 */
#ifndef PT_REPORT_JSON_PARTS_H
#define PT_REPORT_JSON_PARTS_H

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "model/model.h"
#include "report/report.h"
#include "util/text.h"

static inline void put_number(cJSON *o, const char *key, double value)
{
	cJSON_AddNumberToObject(o, key, value);
}

static inline void put_count(cJSON *o, const char *key, uint64_t value)
{
	cJSON_AddNumberToObject(o, key, (double)value);
}

static inline void put_text(cJSON *o, const char *key, const char *text)
{
	char *clean = text_clean(text);
	cJSON_AddStringToObject(o, key, clean);
	free(clean);
}

/* Sketches and advice: keep their line ends; NULL is left out. */
static inline void put_lines(cJSON *o, const char *key, const char *text)
{
	if (!text)
		return;
	char *clean = text_clean_lines(text);
	cJSON_AddStringToObject(o, key, clean);
	free(clean);
}

static inline cJSON *put_object(cJSON *o, const char *key)
{
	return cJSON_AddObjectToObject(o, key);
}

static inline cJSON *put_array(cJSON *o, const char *key)
{
	return cJSON_AddArrayToObject(o, key);
}

static inline cJSON *push_object(cJSON *array)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddItemToArray(array, o);
	return o;
}

static inline double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static inline void put_quantiles(cJSON *o, const char *key, const struct hist *h)
{
	cJSON *q = put_object(o, key);
	put_count(q, "p50", hist_quantile(h, 0.5));
	put_count(q, "p90", hist_quantile(h, 0.9));
	put_count(q, "p99", hist_quantile(h, 0.99));
	put_count(q, "max", h->max);
}

/* The path, or its last part alone when the report is confidential; in it. */
const char *json_path(const char *path, bool confidential);

/* The parts of one process, under the keys of their names. */
void json_process(cJSON *root, const struct model *m, bool confidential);
void json_health(cJSON *root, const struct model *m);
void json_totals(cJSON *root, const struct model *m);
void json_findings(cJSON *root, const struct report_run *r);
/* "together": sums over processes. */
void json_together(cJSON *root, const struct report_run *runs, uint32_t n);

/* One site's numbers that do not add up: own peaks, distributions, sizes, threads, reallocs. */
void json_site_details(cJSON *o, const struct model *m, const struct site *s);
/* Of each site: is it one of the `top` first ones of an order?  To be freed. */
bool *json_choose_sites(const struct model *m, uint32_t top);

/* Schema 1: an object for each site, with its frames. */
void json_print_schema_1(const struct report_run *runs, uint32_t n_runs,
                         const struct report_options *o);

/* Frames from `first` on. */
void json_frames(cJSON *o, const char *key, const struct stack_view *v, uint32_t first);
/* "sites": the `top` first ones of each order, and what the others add up to. */
void json_sites(cJSON *root, const struct model *m, uint32_t top);
/* "classes": the `top` most built ones, and those that findings are about. */
void json_classes(cJSON *root, const struct model *m, uint32_t top,
                  const struct findings *findings);

#endif
