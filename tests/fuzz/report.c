/* Fuzz target: a trace file of any bytes through every detector and every report format. */
#include "trace_file.h"

#include "report/report.h"

/* An input is a few dozen events: thresholds at which those are enough. */
static void set_thresholds(struct detect *d)
{
	uint32_t n;
	const struct detector *const *list = detect_list(&n);
	for (uint32_t i = 0; i < n; i++)
		for (const struct detector_option *o = list[i]->options; o && o->name; o++) {
			char text[200];
			snprintf(text, sizeof text, "%s=%s", o->name,
			         strstr(o->name, "_max_") ? "1e9" : "0");
			if (detect_set(d, text) < 0)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static FILE *nowhere;
	struct trace *t;
	struct report_run run = {0};
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (trace_open(trace_file(data, n), &t) < 0 || model_build(t, MODEL_ALL, &run.model) < 0)
		return 0;
	struct detect *d = detect_new(run.model, NULL);
	if (n % 4) /* as they are for the others */
		set_thresholds(d);
	if (detect_run(d, NULL, &run.findings) < 0)
		abort();
	const struct report_options options = {.out = nowhere, .top = 5};
	report_text.print(&run, 1, &options);
	report_json.print(&run, 1, &options);
	detect_free(d);
	findings_release(&run.findings);
	model_free(run.model);
	return 0;
}
