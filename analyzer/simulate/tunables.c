/* See tunables.h.  The loader lists them, a line each: "glibc.malloc.check: 0 (min: 0, max: 3)". */
#include "simulate/tunables.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "simulate/child.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

#define MAX_NAMES 256u

/* Cuts the list into names; NULL ends them. */
static void split_names(char *list, const char **names)
{
	char *line;
	unsigned n = 0;
	while (n < MAX_NAMES - 1 && (line = strsep(&list, "\n")) != NULL) {
		line[strcspn(line, ":")] = 0;
		if (*line)
			names[n++] = line;
	}
	names[n] = NULL;
}

static bool is_known(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static int check_name(const char *assignment, const char *const *names)
{
	const char *equals = strchr(assignment, '=');

	if (!equals || !equals[1])
		return error("'%s' is no NAME=VALUE", assignment);
	char *name = mem_printf("%.*s", (int)(equals - assignment), assignment);
	int result = 0;
	if (!is_known(name, names)) {
		const char *nearest = text_nearest(name, names);
		result = error(nearest ? "no tunable '%s' in this C library; the nearest is '%s'"
		                       : "no tunable '%s' in this C library",
		               name, nearest);
	}

	free(name);
	return result;
}

int tunables_check(const char *text)
{
	char list[16384], *rest, *assignment;
	const char *names[MAX_NAMES];
	const struct child_setting plain = {0};

	Dl_info loader;
	if (!dladdr((void *)getauxval(AT_BASE), &loader))
		return 0;
	char *argv[] = {(char *)loader.dli_fname, (char *)"--list-tunables", NULL};
	if (child_run(argv, &plain, list, sizeof list))
		return 0;
	split_names(list, names);
	char *copy = rest = mem_strdup(text);
	int result = 0;
	while (!result && (assignment = strsep(&rest, ":")) != NULL)
		result = check_name(assignment, names);
	free(copy);
	return result;
}
