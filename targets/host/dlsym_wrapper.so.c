/*
 * A preloaded library that wraps dlsym(), as overlays and GPU tools do: looks at the name and passes the rest
 * on, so that RTLD_NEXT means what comes after itself.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void *dlsym(void *handle, const char *name)
{
	static void *(*next)(void *, const char *);
	if (!next)
		next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
	char *copy = strdup(name);
	int is_ours = strcmp(copy, "glXSwapBuffers") == 0;
	free(copy);
	return is_ours ? NULL : next(handle, name);
}
