/*
 * Fuzz target: traces of any structure (see recipe.h) through report, dump, info, diff and the
 * replayer's files.  With limits on memory and time (libFuzzer's -rss_limit_mb, -timeout) it holds the
 * reader to its bounds.
 */
#include "recipe.h"
#include "run_command.h"

#include <sys/mman.h>
#include <unistd.h>

#include "detect/detect.h"
#include "report/report.h"
#include "simulate/opstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The path of a file in memory with that content, until the next call. */
static const char *reader_file_of(const uint8_t *bytes, size_t n)
{
	static int fd = -1;
	static char path[64];
	if (fd < 0)
		fd = memfd_create("trace", 0);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, bytes, n, 0) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

/* A recipe is a few thousand events: thresholds at which those are enough. */
static void lower_thresholds(struct detect *d)
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

static void write_replays(const struct model *m, const struct findings *f, uint64_t most)
{
	struct finding *list[OPS_ROLES];
	struct opstream s;
	uint32_t n = 0;
	for (uint32_t i = 0; i < f->n && n < OPS_ROLES - 1; i++)
		if (f->list[i]->plan && f->list[i]->n_sites)
			list[n++] = f->list[i];
	if (opstream_open(&s, m, list, n, most) == 0)
		opstream_close(&s);
}

static void report_all(const char *path, bool lower)
{
	static FILE *nowhere;
	struct trace *t;
	struct report_run run = {0};
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (trace_open(path, &t) < 0 || model_build(t, MODEL_ALL, &run.model) < 0)
		return;
	struct detect *d = detect_new(run.model, NULL);
	if (lower)
		lower_thresholds(d);
	if (detect_run(d, NULL, &run.findings) < 0)
		abort();
	const struct report_options options = {.out = nowhere, .top = 5};
	report_text.print(&run, 1, &options);
	report_json.print(&run, 1, &options);
	report_html.print(&run, 1, &options);
	write_replays(run.model, &run.findings, lower ? 64 : OPS_DEFAULT_MAX);
	detect_free(d);
	findings_release(&run.findings);
	model_free(run.model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t n_bytes;
	if (n < 2)
		return 0;
	uint8_t *bytes = recipe_trace(data + 1, n - 1, &n_bytes);
	const char *path = reader_file_of(bytes, n_bytes);
	free(bytes);
	switch (data[0] % 8) {
	case 0:
		run_command(&cmd_info, path, NULL);
		run_command(&cmd_dump, "--follow=0x10000", path);
		break;
	case 1:
		run_command(&cmd_dump, path, NULL);
		break;
	case 2:
		run_command(&cmd_diff, path, path);
		break;
	default:
		report_all(path, data[0] & 8);
	}
	return 0;
}
