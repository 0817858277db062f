/* Fuzz target: a trace file of any bytes as both sides of `verify`. */
#include "trace_file.h"

#include "cmd/cmd.h"

static void run(const struct command *c, const char *a, const char *b)
{
	char *argv[] = {(char *)c->name, (char *)a, (char *)b, NULL};
	c->run(b ? 3 : 2, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool quiet;
	if (!quiet && !freopen("/dev/null", "w", stdout))
		abort();
	quiet = true;
	const char *path = trace_file(data, n);
	run(&cmd_verify, path, path);
	return 0;
}
