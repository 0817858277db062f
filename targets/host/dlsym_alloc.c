/*
 * Allocations that the loader makes inside dlsym: a symbol that is not there makes dlerror() format
 * a message, dladdr and dlvsym look around, all from threads that have just begun.
 *
 * promise: no recursion, no deadlock; the messages are what they are without us.
 * ldflags: -pthread -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static void *look_up(void *arg)
{
	for (int i = 0; i < 200; i++) {
		char name[64];
		snprintf(name, sizeof name, "no_such_symbol_%d", i);
		if (dlsym(RTLD_DEFAULT, name) || !dlerror())
			return arg;
		led_free(led_malloc(100));
		if (!dlvsym(RTLD_NEXT, "memcpy", "GLIBC_2.14"))
			return arg;
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[4];
	const char *left_over = dlerror();
	int failed = left_over != NULL;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, look_up, &failed);
	for (int i = 0; i < 4; i++) {
		void *result;
		pthread_join(thread[i], &result);
		failed += result != NULL;
	}
	dlsym(RTLD_DEFAULT, "no_such_symbol");
	printf("%d failed; %s\n", failed, strstr(dlerror(), "undefined symbol"));
	return 0;
}
