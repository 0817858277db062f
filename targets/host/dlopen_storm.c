/*
 * Two threads open and close plugins all the time while two others allocate, two throw their stack
 * at the unwinder through the plugin's code.
 *
 * usage: dlopen_storm ROUNDS
 * promise: no deadlock between the loader's lock and ours; blocks from the plugin are recorded.
 * ldflags: -pthread -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static char plugin_path[2][4096];
static int n_rounds, stop;

static void *open_and_close(void *path)
{
	for (int i = 0; i < n_rounds; i++) {
		void *plugin = dlopen(path, i % 2 ? RTLD_NOW : RTLD_LAZY | RTLD_GLOBAL);
		if (!plugin)
			return path;
		void *(*alloc)(size_t) = (void *(*)(size_t))dlsym(plugin, "storm_alloc");
		void *p = alloc(100 + (size_t)i % 100);
		ledger_add(LEDGER_ALLOC, p, 100 + (size_t)i % 100);
		dlclose(plugin);
		led_free(p);
	}
	return NULL;
}

static void *allocate(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (size_t i = 0; i < 20; i++)
			free(keep(malloc(i + 1)));
		usleep(20);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t opener[2], worker[2];
	int failed = 0;
	n_rounds = argc > 1 ? atoi(argv[1]) : 300;
	snprintf(plugin_path[0], sizeof plugin_path[0], "%.*sstorm_plugin.so",
	         (int)(strrchr(argv[0], '/') + 1 - argv[0]), argv[0]);
	snprintf(plugin_path[1], sizeof plugin_path[1], "%.*sreuse_a.so",
	         (int)(strrchr(argv[0], '/') + 1 - argv[0]), argv[0]);
	for (int i = 0; i < 2; i++) {
		pthread_create(&opener[i], NULL, open_and_close, plugin_path[i]);
		pthread_create(&worker[i], NULL, allocate, NULL);
	}
	for (int i = 0; i < 2; i++) {
		void *result;
		pthread_join(opener[i], &result);
		failed += result != NULL;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		pthread_join(worker[i], NULL);
	printf("%d rounds, %d failed\n", n_rounds, failed);
	return 0;
}
