/*
 * What sanitizers look for, one at a time; built with them by the test that runs it.
 *
 * usage: sanitized none|leak|overflow|reuse|race|_exit
 * cflags: -D_GNU_SOURCE -w
 * ldflags: -pthread
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *volatile block;
static int shared;
static int racing;

static void *work(void *unused)
{
	for (size_t i = 0; i < 2000; i++) {
		char *volatile p = malloc(i % 100 + 10);
		p[0] = 1;
		free(p);
		if (racing)
			shared++;
	}
	return unused;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "none";
	pthread_t thread[2];
	racing = !strcmp(how, "race");
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, work, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	block = malloc(77);
	memset(block, 0, 77);
	if (!strcmp(how, "leak"))
		block = NULL;
	if (!strcmp(how, "overflow"))
		printf("%d\n", block[77 + argc - 2] == 1);
	if (!strcmp(how, "reuse")) {
		free(block);
		printf("%d\n", block[argc] == 1);
		block = NULL;
	}
	puts("done");
	fflush(stdout);
	if (!strcmp(how, "_exit"))
		_exit(7);
	free(block);
	return 0;
}
