/*
 * Loads one plugin, allocates from it, unloads it, loads another one, which comes to the same
 * address (said on standard output), with another frame size at the same place; and so on.
 *
 * promise: no rule of the first is applied to the second; each block is at the right function.
 * ldflags: -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <stdio.h>

#include "ledger.h"

static void *use(const char *program, const char *name, size_t size)
{
	char path[4096];
	snprintf(path, sizeof path, "%.*s%s", (int)(strrchr(program, '/') + 1 - program), program, name);
	void *plugin = dlopen(path, RTLD_NOW);
	if (!plugin)
		exit(1);
	void *(*alloc)(size_t) = (void *(*)(size_t))dlsym(plugin, "storm_alloc");
	void *p = keep(alloc(size));
	ledger_add(LEDGER_ALLOC, p, size);
	led_free(p);
	dlclose(plugin);
	return (void *)alloc;
}

int main(int argc, char **argv)
{
	int n_same = 0;
	(void)argc;
	for (int i = 0; i < 50; i++) {
		void *a = use(argv[0], "reuse_a.so", 1001);
		void *b = use(argv[0], "reuse_b.so", 1002);
		n_same += ((uintptr_t)a & ~4095ul) == ((uintptr_t)b & ~4095ul);
	}
	printf("the address was used again: %s\n", n_same > 40 ? "yes" : "no");
	return 0;
}
