/* See load_findings.h. */
#include "load_findings.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/replay.h"
#include "trial/outcome.h"
#include "util/text.h"

int take_cpu_ms(const char *value, double *cpu_ms)
{
	char *end;
	*cpu_ms = strtod(value, &end);
	if (*end || end == value || !(*cpu_ms > 0) || *cpu_ms > 1e12)
		return error("'--cpu-ms' needs a positive number, not '%s'", value);
	return 0;
}

int take_percent(const char *name, const char *value, double *percent)
{
	char *end;
	*percent = strtod(value, &end);
	if (!strcmp(end, "%"))
		end++;
	if (*end || end == value || !(*percent >= 0))
		return error("'--%s' needs a percentage, not '%s'", name, value);
	return 0;
}

int take_replay_ops(const char *value, uint64_t *max_ops)
{
	long n = options_number("replay-ops", value, OPS_LEAST_MAX);
	if (n > (long)OPS_MOST_MAX)
		return error("'--replay-ops' is at most %u", OPS_MOST_MAX);
	*max_ops = (uint64_t)n;
	return n < 0 ? -1 : 0;
}

int advice_load(struct advice *a, const char *path, double cpu_ms)
{
	struct model *m = load_model(path, detect_parts(NULL));

	*a = (struct advice){0};
	if (!m)
		return EXIT_FAILED;
	if (cpu_ms > 0)
		model_set_untraced_cpu_ns(m, (uint64_t)(cpu_ms * 1e6));
	return advice_of(a, m, true);
}

int advice_of(struct advice *a, struct model *m, bool look_for_findings)
{
	const struct replay_setting kept = {.kept_only = true};
	struct cost_table costs;

	*a = (struct advice){.model = m};
	if (!look_for_findings)
		return load_exit_code(m);
	calibrate_load(&costs);
	a->detect = detect_new(a->model, &costs);
	detect_run(a->detect, NULL, &a->findings);
	replay_findings(a->model, a->detect, &a->findings, &kept); /* the report's list */
	outcomes_apply(a->model, &a->findings);
	return load_exit_code(a->model);
}

void advice_release(struct advice *a)
{
	findings_release(&a->findings);
	if (a->detect)
		detect_free(a->detect);
	if (a->model)
		model_free(a->model);
}

static void list_findings(const struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		fprintf(stderr, "  #%u %s (%s): ", f->list[i]->id, f->list[i]->kind,
		        f->list[i]->key);
		text_put(stderr, f->list[i]->title ? f->list[i]->title : "");
		fputc('\n', stderr);
	}
}

/* By its key, or by its number in the list; a key of digits only is a key. */
static struct finding *load_findings_find(const struct findings *f, const char *id)
{
	char *end;
	for (uint32_t i = 0; i < f->n; i++)
		if (!strcmp(f->list[i]->key, id))
			return f->list[i];
	unsigned long number = strtoul(id, &end, 10);
	for (uint32_t i = 0; i < f->n; i++)
		if (*id && !*end && f->list[i]->id == number)
			return f->list[i];
	return NULL;
}

struct finding *advice_find(struct advice *a, const char *id)
{
	struct finding *x = load_findings_find(&a->findings, id);
	if (x)
		return x;
	char *clean = text_clean(id);
	error("no finding %s in '%s'%s", clean, a->model->trace->path,
	      a->findings.n ? "; there are:" : "");
	free(clean);
	list_findings(&a->findings);
	return NULL;
}
