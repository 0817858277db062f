/* Fuzz target: a trace file of any bytes through the exports other than the report: dump, info, diff. */
#include "run_command.h"
#include "trace_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *path = trace_file(data, n);
	run_command(&cmd_info, path, NULL);
	run_command(&cmd_dump, path, NULL);
	run_command(&cmd_dump, "--follow=0x10000", path);
	run_command(&cmd_diff, path, path);
	return 0;
}
