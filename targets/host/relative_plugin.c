/*
 * Loads a plugin by a relative path, and leaves the directory before the plugin allocates.
 *
 * promise: the plugin's functions have their names.
 * usage: relative_plugin PATH
 * cflags: -D_GNU_SOURCE
 * ldflags: -ldl
 */
#include <dlfcn.h>
#include <stdio.h>

#include "ledger.h"

int main(int argc, char **argv)
{
	void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void *(*make)(size_t) = plugin ? (void *(*)(size_t))dlsym(plugin, "storm_alloc") : NULL;
	if (!make || chdir("/") != 0)
		return 1;
	for (size_t i = 0; i < 100; i++) {
		void *p = keep(make(200 + i));
		ledger_add(LEDGER_ALLOC, p, 200 + i);
		led_free(p);
	}
	puts("100 blocks");
	return 0;
}
