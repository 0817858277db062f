/*
 * Opens a plug-in beside itself, lets it allocate, closes it, three times over.
 *
 * ldflags: -ldl
 * expect: site function=plugin_make allocs=300 frees=300 bytes=12000 live=0
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target.h"

int main(int argc, char **argv)
{
	char path[4096];
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	snprintf(path, sizeof(path), "%.*s/plugin.so", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
	for (int round = 0; round < 3; round++) {
		void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		void *(*make)(void) = so ? (void *(*)(void))dlsym(so, "plugin_make") : NULL;
		void (*drop)(void *) = so ? (void (*)(void *))dlsym(so, "plugin_drop") : NULL;

		if (!make || !drop) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		for (int i = 0; i < 100; i++)
			drop(make());
		dlclose(so);
	}
	puts("three rounds");
	return 0;
}
