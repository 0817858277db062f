/*
 * The contract of a detector, and the list of all.
 *
 * A detector is one .c file in native/ or python/.  It reads the model and its context (context.h), adds
 * findings (finding.h), prints nothing, changes nothing, and keeps no state between runs.  It registers
 * itself:
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
#ifndef PT_DETECT_DETECTOR_H
#define PT_DETECT_DETECTOR_H

#include <stdint.h>

struct detect;
struct findings;
struct model;

/* A threshold, settable with --set NAME=VALUE. */
struct detector_option {
	const char *name; /* kind_what, snake_case */
	double value;     /* default */
	const char *help;
};

struct detector {
	const char *kind;
	int rank;                        /* lower runs earlier and is preferred */
	struct detector_option *options; /* ends with a NULL name; NULL = none */
	void (*run)(const struct model *m, const struct detect *d, struct findings *out);
	const char *help;
	unsigned parts; /* of enum model_part: what it reads; 0: all that any detector does */
};

/* Further arguments set further members: .parts = ... */
#define DETECTOR(name_, rank_, options_, run_, help_, ...) \
	DETECTOR_NAMED(name_, #name_, rank_, options_, run_, help_, ##__VA_ARGS__)
/* The same for kinds that are no C identifier: DETECTOR_NAMED(growing_cache, "growing-cache", ...) */
#define DETECTOR_NAMED(ident_, kind_, rank_, options_, run_, help_, ...)       \
	static const struct detector detector_##ident_ = {.kind = kind_,       \
	                                                  .rank = rank_,       \
	                                                  .options = options_, \
	                                                  .run = run_,         \
	                                                  .help = help_,       \
	                                                  ##__VA_ARGS__};      \
	static const struct detector *const detector_entry_##ident_            \
		__attribute__((used, section("detectors"))) = &detector_##ident_

/* All detectors in order of rank; *n: how many. */
const struct detector *const *detect_list(uint32_t *n);

#endif
