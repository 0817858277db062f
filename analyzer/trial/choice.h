/* Which findings a trial enacts when none is named. */
#ifndef PT_TRIAL_CHOICE_H
#define PT_TRIAL_CHOICE_H

#include <stdio.h>

#include "detect/finding.h"
#include "enact/plan_format.h"
#include "model/model.h"

/* The wins that can be enacted, refuted ones too, or if there are none the minor findings; how many.  Says on `said`, unless it is
 * NULL, why a win is left out. */
uint32_t choice_of_trial(const struct model *m, const struct findings *f,
                         struct finding *list[PLAN_FINDINGS_MAX], FILE *said);

#endif
