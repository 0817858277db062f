/* Fuzz target: a trace file of any bytes through every detector and every report format. */
#include "trace_file.h"

#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static FILE *nowhere;
	struct trace *t;
	struct report_run run = {0};
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (trace_open(trace_file(data, n), &t) < 0 || model_build(t, NULL, 0, &run.model) < 0)
		return 0;
	struct detect *d = detect_new(run.model);
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
