/*
 * Opens a plugin where it looks for symbols elsewhere: with RTLD_DEEPBIND, which prefers the
 * plugin's own and its libraries' (so it may find the C library's malloc, not ours), or in a new
 * namespace with a C library of its own.  Frees of such blocks reach us.
 *
 * usage: other_scope deepbind|dlmopen
 * promise: no crash; an unknown block's free goes to who made it and is counted.
 * ldflags: -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <stdio.h>

#include "ledger.h"

int main(int argc, char **argv)
{
	char path[4096];
	int deepbind = argc > 1 && !strcmp(argv[1], "deepbind");
	snprintf(path, sizeof path, "%.*sstorm_plugin.so", (int)(strrchr(argv[0], '/') + 1 - argv[0]),
	         argv[0]);
	for (int i = 0; i < 20; i++) {
		void *plugin = deepbind ? dlopen(path, RTLD_NOW | RTLD_DEEPBIND)
		                        : dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
		if (!plugin) {
			printf("cannot open: %s\n", dlerror());
			return 1;
		}
		void *(*alloc)(size_t) = (void *(*)(size_t))dlsym(plugin, "storm_alloc");
		for (int j = 0; j < 50; j++) {
			void *p = keep(alloc(50));
			memset(p, j, 50);
			if (deepbind)
				free(p);
			led_free(led_malloc(60));
		}
		dlclose(plugin);
	}
	printf("opened 20 times\n");
	return 0;
}
