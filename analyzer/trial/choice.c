/* See choice.h. */
#include "trial/choice.h"

#include <stdlib.h>

#include "trial/plan_file.h"

static uint32_t choose_verdict(const struct model *m, const struct findings *f, enum verdict v,
                               struct finding *list[PLAN_FINDINGS_MAX], FILE *said)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n && n < PLAN_FINDINGS_MAX; i++) {
		struct finding *x = f->list[i];
		bool is_chosen = x->verdict == v ||
		                 (v == VERDICT_WIN && x->verdict == VERDICT_REFUTED);
		char *why = is_chosen ? enact_why_not(m, x) : NULL;
		if (why && said)
			fprintf(said, "#%u %s (%s) is not tried: %s\n", x->id, x->kind, x->key,
			        why);
		if (is_chosen && !why)
			list[n++] = x;
		free(why);
	}
	return n;
}

uint32_t choice_of_trial(const struct model *m, const struct findings *f,
                         struct finding *list[PLAN_FINDINGS_MAX], FILE *said)
{
	uint32_t n = choose_verdict(m, f, VERDICT_WIN, list, said);
	return n ? n : choose_verdict(m, f, VERDICT_MINOR, list, said);
}
