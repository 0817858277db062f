/* See find_preload.h. */
#include "find_preload.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/mem.h"

char *find_preload(const char *name)
{
	static const char *const places[] = {"", "../lib/pooltrace/", "../lib/",
	                                     "../lib/x86_64-linux-gnu/"};
	char exe[PATH_MAX], resolved[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n < 0) {
		error_errno("cannot read '/proc/self/exe'");
		return NULL;
	}

	exe[n] = 0;
	*strrchr(exe, '/') = 0;
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		char *path = mem_printf("%s/%s%s", exe, places[i], name);
		bool there = realpath(path, resolved) && access(resolved, R_OK) == 0;
		free(path);
		if (there)
			return mem_strdup(resolved);
	}

	error("cannot find '%s' beside '%s' or in its lib directory", name, exe);
	return NULL;
}

/* True if the directory exists or was made now, belongs to this user and nobody else may write into it. */
static bool private_directory(const char *path)
{
	struct stat st;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return false;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

static bool link_leads_to(const char *link, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof target - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	return !strcmp(target, path);
}

char *find_preload_for(const char *path)
{
	uint64_t hash = 14695981039346656037ull; /* FNV-1a: two build trees, two links */

	if (!strpbrk(path, " :"))
		return mem_strdup(path);
	for (const char *p = path; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 1099511628211ull;
	char *base = mem_printf("/tmp/pooltrace-%u", geteuid());
	char *dir = mem_printf("%s/%016llx", base, (unsigned long long)hash);
	char *link = mem_printf("%s/%s", dir, strrchr(path, '/') + 1);
	bool fine = private_directory(base) && private_directory(dir) &&
	            (link_leads_to(link, path) || symlink(path, link) == 0);
	if (!fine) {
		error_errno("cannot make the link '%s', which is needed because the loader takes "
		            "no path with a "
		            "space or a colon",
		            link);
		free(link);
		link = NULL;
	}

	free(base);
	free(dir);
	return link;
}

char *find_preload_usable(const char *name)
{
	char *library = find_preload(name);
	char *usable = library ? find_preload_for(library) : NULL;
	free(library);
	return usable;
}

char *find_preload_setting(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	return others && *others ? mem_printf("LD_PRELOAD=%s:%s", others, library)
	                         : mem_printf("LD_PRELOAD=%s", library);
}
