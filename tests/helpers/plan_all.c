/*
 * plan_all TRACE POLICY: a plan that serves every allocation of a trace in one way, for tests of the library that
 * enacts plans.  POLICY: slab, classes, region, hoist.
 */
#include <stdio.h>
#include <string.h>

#include "detect/plan.h"
#include "trial/plan_file.h"

static struct plan plan_of(const char *policy)
{
	if (!strcmp(policy, "slab"))
		return (struct plan){.policy = POLICY_SLAB, .slot_bytes = 512, .chunk_slots = 128};
	if (!strcmp(policy, "classes"))
		return (struct plan){.policy = POLICY_CLASSES};
	if (!strcmp(policy, "region"))
		return (struct plan){
			.policy = POLICY_REGION, .chunk_bytes = 65536, .round_bytes = 1 << 20};
	return (struct plan){.policy = POLICY_HOIST, .slot_bytes = 256};
}

int main(int argc, char **argv)
{
	struct findings f = {0};
	struct trace *t;
	struct model *m;

	if (argc != 3 || trace_open(argv[1], &t) < 0 || model_build(t, MODEL_ALL, &m) < 0)
		return 1;
	struct plan plan = plan_of(argv[2]);
	struct finding *x = findings_add(&f, argv[2], VERDICT_WIN);
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (m->sites[i].domain == PTF_DOMAIN_C && m->sites[i].op != PTF_OP_REALLOC)
			finding_add_site(x, i);
	strcpy(x->key, "00000000");
	x->plan = &plan;
	int result = plan_file_write(stdout, m, f.list, 1);
	x->plan = NULL;
	findings_release(&f);
	model_free(m);
	return result < 0;
}
