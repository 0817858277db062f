/*
 * A C program opens a C++ plugin that throws: libgcc's unwinder comes into the process only now, and
 * must be the one that is used.
 *
 * promise: the exceptions are the host's; `_Unwind_RaiseException` of the plugin is libgcc_s's, not
 * one that we brought along.
 * ldflags: -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <stdio.h>

#include "ledger.h"

int main(int argc, char **argv)
{
	char path[4096];
	(void)argc;
	snprintf(path, sizeof path, "%s.so", argv[0]);
	int global_before = dlsym(RTLD_DEFAULT, "_Unwind_RaiseException") != NULL;
	led_free(led_malloc(10));
	void *plugin = dlopen(path, RTLD_NOW);
	int (*run)(int) = plugin ? (int (*)(int))dlsym(plugin, "plugin_run") : NULL;
	if (!run)
		return 1;
	int sum = 0;
	for (int i = 0; i < 300; i++)
		sum += run(3 + i % 20);
	Dl_info info;
	void *raise_exception = dlsym(plugin, "_Unwind_RaiseException");
	const char *from = "nowhere";
	if (raise_exception && dladdr(raise_exception, &info))
		from = strrchr(info.dli_fname, '/') + 1;
	printf("sum %d, unwinder from %s, in the global scope before: %d\n", sum, from, global_before);
	return 0;
}
