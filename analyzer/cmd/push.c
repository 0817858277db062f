/* `pooltrace push`: sends a trace to a profile store, by curl.  Nothing is sent by any other command. */
#include "cmd/cmd.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/launch.h"
#include "export/export.h"
#include "util/mem.h"
#include "util/text.h"

#define MOST_HEADERS 16u

extern char **environ;

struct push {
	const struct export_format *format;
	const char *headers[MOST_HEADERS];
	unsigned n_headers;
	long retries;
	bool help_shown;
};

static const struct option_row rows[] = {
	{"to", 't', "pprof|otlp", "what to send (pprof)"},
	{"header", 'H', "HEADER", "a header of the request, e.g. 'Authorization: Bearer ...'"},
	{"retries", 0, "N", "how often to try again, with growing pauses (3)"},
	DEBUGINFOD_ROW,
	{0},
};

static int take_format(struct push *p, const char *value)
{
	p->format = !strcmp(value, "pprof")  ? &export_pprof
	            : !strcmp(value, "otlp") ? &export_otlp
	                                     : NULL;
	return p->format ? 0 : error("invalid --to '%s': expected pprof or otlp", value);
}

static int push_take(void *context, const char *name, const char *value)
{
	struct push *p = context;

	if (!strcmp(name, "to"))
		return take_format(p, value);
	if (!strcmp(name, "retries")) {
		p->retries = options_number("retries", value, 0);
		return p->retries < 0 ? -1 : 0;
	}
	if (!strcmp(name, "header")) {
		if (p->n_headers == MOST_HEADERS)
			return error("more than %u headers", MOST_HEADERS);
		p->headers[p->n_headers++] = value;
	}
	if (!strcmp(name, "debuginfod"))
		symbols_ask_server();
	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_push);
		p->help_shown = true;
		return -1;
	}
	return 0;
}

/* ---- the URL ---- */

/* With {name} {start} {end} replaced: program, seconds since 1970; to be freed. */
static char *expand_url(const char *url, const struct model *m)
{
	const char *slash = strrchr(m->process->exe, '/');
	uint64_t start_s = m->process->start_real_ns / 1000000000;
	const struct {
		const char *word;
		char *value;
	} words[] = {
		{"{name}", text_clean(slash ? slash + 1 : m->process->exe)},
		{"{start}", mem_printf("%llu", (unsigned long long)start_s)},
		{"{end}",
	         mem_printf("%llu",
	                    (unsigned long long)(start_s + m->duration_ns / 1000000000 + 1))},
	};
	char *out = mem_strdup(url);

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		char *at = strstr(out, words[i].word);
		if (at) {
			char *longer = mem_printf("%.*s%s%s", (int)(at - out), out, words[i].value,
			                          at + strlen(words[i].word));
			free(out);
			out = longer;
		}
		free(words[i].value);
	}
	return out;
}

/* ---- curl ---- */

static int run_curl(const struct push *p, const char *curl, const char *url, int body)
{
	const char *argv[32 + 2 * MOST_HEADERS] = {
		"curl",
		"--silent",
		"--show-error",
		"--fail",
		"--globoff",
		"--output",
		"/dev/null",
		"--retry-connrefused",
		"--connect-timeout",
		"10",
		"--max-time",
		"120",
		"--data-binary",
	};
	unsigned n = 0;
	while (argv[n])
		n++;
	char *file = mem_printf("@/proc/self/fd/%d", body),
	     *retries = mem_printf("%ld", p->retries);
	argv[n++] = file;
	argv[n++] = "--retry";
	argv[n++] = retries;
	argv[n++] = "--header";
	argv[n++] = p->format == &export_otlp ? "Content-Type: application/x-protobuf"
	                                      : "Content-Type: application/octet-stream";
	for (unsigned i = 0; i < p->n_headers; i++) {
		argv[n++] = "--header";
		argv[n++] = p->headers[i];
	}
	argv[n++] = "--url";
	argv[n++] = url;

	pid_t pid;
	int status = -1;
	if (posix_spawn(&pid, curl, NULL, NULL, (char *const *)argv, environ) == 0)
		waitpid(pid, &status, 0);
	free(file);
	free(retries);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What is sent, in a file of memory that curl inherits; -1 after error(). */
static int make_body(const struct push *p, const struct model *m)
{
	const struct export_request request = {.metric = METRIC_PEAK};
	int fd = memfd_create("pooltrace", 0);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");

	if (!f)
		return error_errno("cannot make room for what is sent");
	export_print(p->format, m, &request, NULL, f);
	bool failed = ferror(f);
	if (fclose(f) != 0 || failed) {
		close(fd);
		return error_errno("cannot make room for what is sent");
	}
	return fd;
}

static int push_trace(const struct push *p, const char *curl, const char *url, const char *path)
{
	struct model *m = load_model(path, detect_parts(NULL));
	if (!m)
		return EXIT_FAILED;
	int code = load_exit_code(m), body = make_body(p, m);
	char *target = expand_url(url, m);

	int result = body < 0 ? -1 : run_curl(p, curl, target, body);
	if (body >= 0)
		close(body);
	if (result > 0)
		error("'%s' was not sent to '%s': curl ended with %d%s", path, target, result,
		      result == 22 ? ", the receiver refused it" : "");
	free(target);
	model_free(m);
	return result ? EXIT_FAILED : code;
}

static int push_run(int argc, char **argv)
{
	struct push p = {.format = &export_pprof, .retries = 3};
	int first = options_parse(argc, argv, rows, false, push_take, &p), code = EXIT_FINE;

	if (first < 0)
		return usage_exit(p.help_shown);
	if (argc - first < 2) {
		error("push takes a URL and traces; see 'pooltrace help push'");
		return EXIT_USAGE;
	}
	const char *url = argv[first];
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
		error("'%s' is not a URL of http or https", url);
		return EXIT_USAGE;
	}
	char *curl = launch_find("curl");
	if (!curl) {
		error("push needs the program curl");
		return EXIT_FAILED;
	}
	for (int i = first + 1; i < argc && code != EXIT_FAILED; i++) {
		int one = push_trace(&p, curl, url, argv[i]);
		code = one == EXIT_FAILED || one > code ? one : code;
	}
	free(curl);
	return code;
}

const struct command cmd_push = {
	.name = "push",
	.arguments = "[--to pprof|otlp] URL TRACE...",
	.summary = "send a trace to a profile store over HTTP",
	.text = "In the URL {name} stands for the program, {start} and {end} for seconds since "
		"1970.\n"
		"docs/fleet.md has the URLs of Pyroscope and of OpenTelemetry's collector. No "
		"other "
		"command\nsends anything.",
	.options = rows,
	.run = push_run,
};
