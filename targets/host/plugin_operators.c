/*
 * A C program opens C++ plugins that bring their own operators new and delete, or none.
 *
 * usage: plugin_operators PLUGIN...
 * promise: each plugin's are called that would be without us; one that fails calls the new-handler and throws.
 * ldflags: -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(const char *directory, const char *name, int flags)
{
	char path[8192];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	void *plugin = dlopen(path, flags);
	void (*function)(void) = plugin ? (void (*)(void))dlsym(plugin, "plugin_run") : NULL;
	if (function)
		function();
	else
		puts(dlerror());
}

int main(int argc, char **argv)
{
	char directory[4096];
	snprintf(directory, sizeof directory, "%s", argv[0]);
	*strrchr(directory, '/') = '\0';
	free(malloc(10));
	printf("operators in the global scope: %d, sized free: %d\n", dlsym(RTLD_DEFAULT, "_Znwm") != NULL,
	       dlsym(RTLD_DEFAULT, "free_sized") != NULL);
	for (int i = 1; i < argc; i++)
		run(directory, argv[i], i % 2 ? RTLD_NOW : RTLD_LAZY);
	return 0;
}
