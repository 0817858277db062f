/*
 * What an allocator call costs on this machine: measured once by the replayer, kept in the user's
 * cache directory under the C library's version, and read from there afterwards.  A missing or odd
 * value leaves the default in place: measurements on a busy machine are not believed blindly.
 */
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detect/cost_table.h"
#include "simulate/replay.h"
#include "util/mem.h"
#include "util/user_cache.h"

#define BELIEVED 3.0 /* a measured price is used within this factor of the default */

static void believe(double *value, double measured)
{
	if (measured <= 0)
		return;
	double low = *value / BELIEVED, high = *value * BELIEVED;
	*value = measured < low ? low : measured > high ? high : measured;
}

static bool calibrate_read_file(struct cost_table *costs, const char *path)
{
	char text[1024];
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	return cost_table_parse(costs, text, believe) > 0;
}

/* Written under another name first, so that two commands at once leave one whole file. */
static void calibrate_save(const char *path, const char *text)
{
	char *temporary = mem_printf("%s.%d", path, (int)getpid());
	FILE *f = fopen(temporary, "wxe");
	if (f) {
		bool written = fputs(text, f) >= 0;
		if (fclose(f) || !written || rename(temporary, path))
			unlink(temporary);
	}
	free(temporary);
}

void calibrate_load(struct cost_table *costs)
{
	*costs = cost_table_default;
	char *dir = user_cache_directory();
	char *path = dir ? mem_printf("%s/calibration-%s", dir, gnu_get_libc_version()) : NULL;
	if (!path || !calibrate_read_file(costs, path)) {
		char text[1024];
		const struct child_setting setting = {0};
		char *argv[] = {(char *)child_path(), (char *)"--calibrate", NULL};
		if (argv[0] && child_run(argv, &setting, text, sizeof text) == 0 &&
		    cost_table_parse(costs, text, believe) > 0 && path)
			calibrate_save(path, text);
	}

	free(path);
	free(dir);
}
