/*
 * Opens a plugin that needs most of the loader's reserve of static thread-local memory.
 *
 * promise: it can be opened as without us: we leave the reserve alone.
 * ldflags: -pthread -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static int (*plugin_use)(int);

static void *thread_main(void *arg)
{
	led_free(led_malloc(100));
	*(int *)arg = plugin_use(5);
	return NULL;
}

int main(int argc, char **argv)
{
	char path[4096];
	pthread_t thread;
	int result = 0;
	(void)argc;
	snprintf(path, sizeof path, "%s.so", argv[0]);
	led_free(led_malloc(100));
	void *plugin = dlopen(path, RTLD_NOW);
	if (!plugin) {
		printf("cannot open: %s\n", strrchr(dlerror(), ':'));
		return 1;
	}
	plugin_use = (int (*)(int))dlsym(plugin, "static_tls_use");
	pthread_create(&thread, NULL, thread_main, &result);
	pthread_join(thread, NULL);
	printf("%d and %d\n", plugin_use(3), result);
	return 0;
}
