/* Fuzz target: a trace file of any bytes as both sides of `verify`. */
#include "run_command.h"
#include "trace_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *path = trace_file(data, n);
	run_command(&cmd_verify, path, path);
	return 0;
}
