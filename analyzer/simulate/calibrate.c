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

#include "detect/native/native.h"
#include "simulate/replay.h"
#include "util/mem.h"
#include "util/user_cache.h"

#define BELIEVED 3.0 /* a price is believed within this factor of the default */

static const struct price {
	const char *name;
	double *value;
} prices[] = {
	{"tcache_ns", &cost_table.tcache_ns},       {"fastbin_ns", &cost_table.fastbin_ns},
	{"small_bin_ns", &cost_table.small_bin_ns}, {"large_ns", &cost_table.large_ns},
	{"remote_ns", &cost_table.remote_ns},       {"page_ns", &cost_table.text_page_ns},
	{"copy_byte_ns", &cost_table.copy_byte_ns},
};

static void believe(double *value, double measured)
{
	if (measured <= 0)
		return;
	double low = *value / BELIEVED, high = *value * BELIEVED;
	*value = measured < low ? low : measured > high ? high : measured;
}

static bool calibrate_parse(const char *text)
{
	unsigned n = 0;
	char name[64];
	double ns;

	for (const char *p = text; sscanf(p, "%63s %lf", name, &ns) == 2; p++) {
		for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
			if (!strcmp(name, prices[i].name)) {
				believe(prices[i].value, ns);
				n++;
			}
		p = strchr(p, '\n');
		if (!p)
			break;
	}

	return n > 0;
}

static bool calibrate_read_file(const char *path)
{
	char text[1024];
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	return calibrate_parse(text);
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

void calibrate_load(void)
{
	static bool loaded;

	if (loaded)
		return;
	loaded = true;
	char *dir = user_cache_directory();
	char *path = dir ? mem_printf("%s/calibration-%s", dir, gnu_get_libc_version()) : NULL;
	if (!path || !calibrate_read_file(path)) {
		char text[1024];
		const struct child_setting setting = {NULL, NULL};
		char *argv[] = {(char *)child_path(), (char *)"--calibrate", NULL};
		if (argv[0] && child_run(argv, &setting, text, sizeof text) == 0 &&
		    calibrate_parse(text) && path)
			calibrate_save(path, text);
	}

	free(path);
	free(dir);
}
