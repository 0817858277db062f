/*
 * Blocks that a plug-in takes and frees with free(): served from a pool of the program's, they would crash it.
 *
 * ldflags: -ldl
 * expect: no-advice
 * expect: may kind=allocator
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char path[4096];
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	snprintf(path, sizeof path, "%.*s/plugin.so", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void (*drop)(void *) = so ? (void (*)(void *))dlsym(so, "plugin_drop") : NULL;
	if (!drop) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}

	long *held[50] = {0};
	for (int i = 0; i < 200000; i++) {
		long **h = &held[i % 50];
		if (*h)
			drop(*h);
		*h = malloc(72);
		**h = i;
	}

	printf("%ld\n", *held[0]);
	return 0;
}
