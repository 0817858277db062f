/* The list of known allocators; see allocator.h. */
#include "simulate/allocator.h"

#include <stddef.h>
#include <string.h>

static const char *const known[] = {
	"libjemalloc", "libtcmalloc",        "libtcmalloc_minimal", "libtcmalloc_and_profiler",
	"libmimalloc", "libmimalloc-secure", "libsnmallocshim",     "libhoard",
	"librpmalloc", "libscudo",           "libtbbmalloc_proxy",
};

static const char *reader_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "NAME.so", followed by a version of digits and dots or by nothing. */
static bool is_library(const char *file, const char *name)
{
	size_t n = strlen(name);
	if (strncmp(file, name, n) != 0 || strncmp(file + n, ".so", 3) != 0)
		return false;
	const char *version = file + n + 3;
	return !*version || (*version == '.' && version[strspn(version, ".0123456789")] == 0);
}

const char *allocator_known(const char *recorded_path)
{
	const char *file = reader_file_name(recorded_path);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (is_library(file, known[i]))
			return file;
	return NULL;
}

bool allocator_is_foreign(const char *recorded_path)
{
	const char *file = reader_file_name(recorded_path);
	return strstr(file, ".so") && strncmp(file, "libc.so", 7) != 0 &&
	       strncmp(file, "libc-", 5) != 0;
}
