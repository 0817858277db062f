/*
 * The contract of a detector, and the list of all.
 *
 * A detector is one .c file in this directory.  It reads the model, adds findings, prints nothing,
 * changes nothing, and keeps no state between runs.  It registers itself:
 *
 *     static struct detector_option options[] = {
 *         { "leak_min_r2", 0.95, "fit of live bytes to a rising line" },
 *         { 0 },
 *     };
 *     static void leak_run(const struct model *m, const struct detect *d, struct findings *out) {...}
 *     DETECTOR(leak, 10, options, leak_run, "live bytes that rise to the end");
 *
 * DETECTOR puts a pointer into a linker section, so a new detector touches no other file.  `rank` is
 * the order of preference when several fit one site (leak first, see the table in the README): a
 * detector that runs later asks detect_claimed() whether a better one has taken the site.
 */
#ifndef PT_DETECT_DETECT_H
#define PT_DETECT_DETECT_H

#include "detect/finding.h"
#include "model/model.h"

/* A threshold, settable with --set NAME=VALUE. */
struct detector_option {
	const char *name; /* kind_what, snake_case */
	double value;     /* default */
	const char *help;
};

struct detect;

struct detector {
	const char *kind;
	int rank;                        /* lower runs earlier and is preferred */
	struct detector_option *options; /* ends with a NULL name; NULL none */
	void (*run)(const struct model *m, const struct detect *d, struct findings *out);
	const char *help;
};

#define DETECTOR(name_, rank_, options_, run_, help_)                                           \
	static const struct detector detector_##name_ = {#name_, rank_, options_, run_, help_}; \
	static const struct detector *const detector_entry_##name_                              \
		__attribute__((used, section("detectors"))) = &detector_##name_
/* The same for kinds that are no C identifier: DETECTOR_NAMED(growing_cache, "growing-cache", ...) */
#define DETECTOR_NAMED(ident_, kind_, rank_, options_, run_, help_)                             \
	static const struct detector detector_##ident_ = {kind_, rank_, options_, run_, help_}; \
	static const struct detector *const detector_entry_##ident_                             \
		__attribute__((used, section("detectors"))) = &detector_##ident_

/* One run of all detectors: values of options, class to explain, claims. */
struct detect *detect_new(const struct model *m);
void detect_free(struct detect *d);
/* "name=value"; -1 after error(): no such option (names the nearest) or no number. */
int detect_set(struct detect *d, const char *assignment);
/* Explain this class: detectors then also add VERDICT_NONE findings about it, with the reason. */
void detect_explain(struct detect *d, const char *class_name);
bool detect_explains(const struct detect *d, const struct class_stats *c);
/* Runs all (or, when `kinds` is not NULL, those named in the comma-separated list). */
int detect_run(struct detect *d, const char *kinds, struct findings *out);

/* This finding does not hold up: it is left out from now on, so that in the next detect_run() its blocks
 * are free for other kinds. */
void detect_refute(struct detect *d, const struct finding *x);
/* True if the kinds that detect_run() was asked for last include this one. */
bool detect_wants(const struct detect *d, const char *kind);

/* Value of an option now in force; the name must exist (BUG otherwise). */
double detect_option(const struct detect *d, const char *name);

/* Claims: which sites a finding has taken.  Claiming is done by findings: after a detector has run,
 * all sites of its findings with verdict WIN or MINOR are claimed for its kind. */
const char *detect_claimed(const struct detect *d, uint32_t site); /* kind, NULL free */

/* All detectors in order of rank; *n how many. */
const struct detector *const *detect_list(uint32_t *n);

#endif
