/*
 * One run of all detectors: makes their context (context.h), runs them in the order of their ranks, claims
 * sites for what they find.
 */
#ifndef PT_DETECT_DETECT_H
#define PT_DETECT_DETECT_H

#include "detect/context.h"

/* costs: copied; NULL = the defaults. */
struct detect *detect_new(const struct model *m, const struct cost_table *costs);
void detect_free(struct detect *d);

/* "name=value"; -1 after error(): no such option (names the nearest) or no number. */
int detect_set(struct detect *d, const char *assignment);

/* Explains this class, see detect_explains(). */
void detect_explain(struct detect *d, const char *class_name);

/* Runs all detectors or, if `kinds` is not NULL, those named in the comma-separated list.  -1 after error():
 * one of these does not exist. */
int detect_run(struct detect *d, const char *kinds, struct findings *out);

/* This finding does not hold up: it is left out from now on, so that in the next detect_run() its blocks
 * are free for other kinds. */
void detect_refute(struct detect *d, const struct finding *x);

/* What the detectors named in a list (NULL: all) read of a model: of enum model_part. */
unsigned detect_parts(const char *kinds);

#endif
