/* See call_cost.h. */
#include "trial/call_cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enact/plan_format.h"
#include "simulate/child.h"
#include "util/mem.h"

/* The plan for the call that the replayer has told: 64-byte blocks from a free list. */
static bool write_own_plan(const char *path, const char *site)
{
	char id[2 * PLAN_BUILD_ID_MAX + 1];
	unsigned long long offset;

	if (sscanf(site, "site %128[0-9a-f] %llx", id, &offset) != 2)
		return false;
	FILE *f = fopen(path, "we");
	if (!f)
		return false;
	fprintf(f,
	        PLAN_FIRST_LINE
	        "\nmodule %s pooltrace-replay\nfinding 0 served\nlane 1 slab 64 65536\n"
	        "frame 1 %llx\nsite 1 1\nend\n",
	        id, offset);
	return fclose(f) == 0;
}

double call_cost_ns(const char *library, const char *directory)
{
	char text[1024], *argv[] = {(char *)child_path(), (char *)"--served", NULL};
	char *plan = mem_printf("%s/served", directory);
	const struct child_setting bare = {0}, served = {.preload = library, .plan = plan};
	double ns = 0;

	if (argv[0] && child_run(argv, &bare, text, sizeof text) == 0 &&
	    write_own_plan(plan, text) && child_run(argv, &served, text, sizeof text) == 0) {
		const char *line = strstr(text, "call_ns ");
		ns = line ? strtod(line + 8, NULL) : 0;
	}
	unlink(plan);
	free(plan);
	return ns;
}
