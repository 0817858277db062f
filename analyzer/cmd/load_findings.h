/*
 * A trace with its findings, as `report`, `replay` and `verify` see it: the same detectors, the same
 * numbers of findings.
 */
#ifndef LOAD_FINDINGS_H
#define LOAD_FINDINGS_H

#include "cmd.h"
#include "detect/detect.h"

struct advice {
	struct model *model;
	struct detect *detect;
	struct findings findings;
};

/* Opens the trace and runs all detectors.  cpu_ms: of the untraced program, 0 as in the trace.
 * EXIT_FINE, EXIT_DAMAGED (with an advice), or EXIT_FAILED. */
int advice_load(struct advice *a, const char *path, double cpu_ms);
/* The same of a model, which the advice owns from then on; findings only if asked for. */
int advice_of(struct advice *a, struct model *m, bool look_for_findings);
void advice_release(struct advice *a);
/* NULL after error(), which lists the ones that there are. */
struct finding *advice_find(struct advice *a, const char *id);

/* --cpu-ms; -1 after error(). */
int take_cpu_ms(const char *value, double *cpu_ms);
/* "5" or "5%"; -1 after error(). */
int take_percent(const char *name, const char *value, double *percent);
/* --replay-ops; -1 after error(). */
int take_replay_ops(const char *value, uint64_t *max_ops);

#endif
