/* See load_findings.h. */
#include "load_findings.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/replay.h"
#include "util/text.h"

int take_cpu_ms(const char *value, double *cpu_ms)
{
	char *end;
	*cpu_ms = strtod(value, &end);
	if (*end || end == value || !(*cpu_ms > 0) || *cpu_ms > 1e12)
		return error("'--cpu-ms' needs a positive number, not '%s'", value);
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
	*a = (struct advice){.model = load_model(path)};
	if (!a->model)
		return EXIT_FAILED;
	if (cpu_ms > 0)
		model_set_untraced_cpu_ns(a->model, (uint64_t)(cpu_ms * 1e6));
	calibrate_load();
	a->detect = detect_new(a->model);
	detect_run(a->detect, NULL, &a->findings);
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
		fprintf(stderr, "  #%u %s: ", f->list[i]->id, f->list[i]->kind);
		text_put(stderr, f->list[i]->title ? f->list[i]->title : "");
		fputc('\n', stderr);
	}
}

struct finding *advice_find(struct advice *a, const char *id)
{
	long wanted = options_number("finding", id, 1);
	if (wanted < 0)
		return NULL;
	for (uint32_t i = 0; i < a->findings.n; i++)
		if (a->findings.list[i]->id == wanted)
			return a->findings.list[i];
	error("no finding %ld in '%s'%s", wanted, a->model->trace->path,
	      a->findings.n ? "; there are:" : "");
	list_findings(&a->findings);
	return NULL;
}
