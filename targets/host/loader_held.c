/*
 * While a thread stands in a plugin's constructor, and with that in the loader's lock, the program
 * allocates, forks, closes descriptors and executes another program, all of which it may.
 *
 * promise: nothing of ours waits for the loader.
 * ldflags: -pthread -ldl
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"
#include "loader_held.h"

static void *open_plugin(void *path)
{
	return dlopen(path, RTLD_NOW);
}

static int run(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int fork_and_end(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		led_free(led_malloc(100));
		_exit(3);
	}
	return run(pid) == 3 << 8;
}

static int fork_and_exec(void)
{
	char *argv[] = {(char *)"true", NULL};
	pid_t pid = fork();
	if (pid == 0) {
		close(dup(1));
		execvp("true", argv);
		_exit(4);
	}
	return run(pid) == 0;
}

int main(int argc, char **argv)
{
	char path[4096], byte;
	int come[2], go[2];
	pthread_t opener;
	void *plugin = NULL;
	(void)argc;
	snprintf(path, sizeof path, "%.*sheld_plugin.so", (int)(strrchr(argv[0], '/') + 1 - argv[0]),
	         argv[0]);
	if (pipe(come) || pipe(go) || dup2(come[1], HELD_COME) < 0 || dup2(go[0], HELD_GO) < 0)
		return 1;
	pthread_create(&opener, NULL, open_plugin, path);
	if (read(come[0], &byte, 1) != 1)
		return 1;
	led_free(led_malloc(200));
	int ended = fork_and_end(), executed = fork_and_exec();
	close(dup(1));
	if (write(go[1], "g", 1) != 1)
		return 1;
	pthread_join(opener, &plugin);
	printf("child ended %d, program executed %d, plugin %d\n", ended, executed, plugin != NULL);
	return 0;
}
