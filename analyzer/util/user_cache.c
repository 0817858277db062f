/* See user_cache.h. */
#include "util/user_cache.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/mem.h"

char *user_cache_directory(void)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *parent = base && *base == '/' ? mem_strdup(base)
	               : home && *home      ? mem_printf("%s/.cache", home)
	                                    : NULL;

	if (!parent)
		return NULL;
	char *dir = mem_printf("%s/pooltrace", parent);
	mkdir(parent, 0700);
	bool there = mkdir(dir, 0700) == 0 || errno == EEXIST;
	free(parent);
	if (there)
		return dir;
	free(dir);
	return NULL;
}
