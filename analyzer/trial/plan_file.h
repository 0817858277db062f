/*
 * From findings to the plan file of enact/plan_format.h, which libpooltrace-enact.so reads.
 */
#ifndef PT_TRIAL_PLAN_FILE_H
#define PT_TRIAL_PLAN_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "detect/finding.h"
#include "model/model.h"

/* Why the library cannot do what the finding advises, as the end of a sentence; NULL: it can.  To be freed. */
char *enact_why_not(const struct model *m, const struct finding *x);

/* The same for what does not depend on the machine: no file is opened. */
const char *enact_kind_why_not(const struct finding *x);

/* Writes the plan for findings that can be enacted.  0, or -1 after error(): a module has changed since the
 * recording, or a finding's sites cannot be separated from others. */
int plan_file_write(FILE *f, const struct model *m, struct finding *const *findings, uint32_t n);

/* The same into a new file. */
int plan_file_save(const char *path, const struct model *m, struct finding *const *findings,
                   uint32_t n);

#endif
