/*
 * Loads one plugin, allocates from it, unloads it, loads another one, which comes to the same
 * address (said on standard output), with another frame size at the same place; then a third one, which
 * differs from the first in names alone; and so on.
 *
 * promise: no rule of the first is applied to the second, nothing that is remembered of the first to the
 * third; each block is at the right function.
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
	for (int i = 0; i < 4; i++) { /* a stack that comes again is remembered */
		void *p = keep(alloc(size));
		ledger_add(LEDGER_ALLOC, p, size);
		led_free(p);
	}
	dlclose(plugin);
	return (void *)alloc;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"reuse_a.so", "reuse_b.so", "reuse_a.so", "reuse_c.so"};
	int n_same = 0;
	(void)argc;
	for (int i = 0; i < 50; i++) {
		void *at[4];
		for (int j = 0; j < 4; j++) /* all from one place: the same stack but for the plugin */
			at[j] = use(argv[0], names[j], 1001 + (size_t)j);
		n_same += ((uintptr_t)at[0] & ~4095ul) == ((uintptr_t)at[1] & ~4095ul) && at[2] == at[3];
	}
	printf("the address was used again: %s\n", n_same > 40 ? "yes" : "no");
	return 0;
}
