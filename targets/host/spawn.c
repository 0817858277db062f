/*
 * Starts other programs in each way that the C library has, while a thread allocates.
 *
 * usage: spawn vfork|posix_spawn|system|popen|fork_exec
 * promise: the started program is traced in a file of its own; a vfork child, which shares our
 * memory, adds nothing to its parent's trace.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger.h"

extern char **environ;

static char *const command[] = {"/bin/echo", "spawned", NULL};
static int stop;

static void *busy(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		led_free(led_malloc(100));
		usleep(100);
	}
	return NULL;
}

static int wait_for(pid_t pid)
{
	int status = -1;
	waitpid(pid, &status, 0);
	return status;
}

static int by_vfork(void)
{
	pid_t pid = vfork();
	if (pid == 0) {
		execv(command[0], command);
		_exit(127);
	}
	pid_t failing = vfork();
	if (failing == 0) {
		execv("/no/such/program", command);
		_exit(126);
	}
	return wait_for(pid) + wait_for(failing);
}

static int by_posix_spawn(void)
{
	pid_t pid;
	return posix_spawn(&pid, command[0], NULL, NULL, command, environ) ? -1 : wait_for(pid);
}

static int by_popen(void)
{
	char line[64] = "";
	FILE *pipe = popen("echo spawned", "r");
	if (!pipe || !fgets(line, sizeof line, pipe))
		return -1;
	printf("%s", line);
	return pclose(pipe);
}

static int by_fork(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		void *leaked = led_malloc(999);
		execvp(leaked ? command[0] : "", command);
		_exit(127);
	}
	return wait_for(pid);
}

static int start(const char *how)
{
	if (!strcmp(how, "vfork"))
		return by_vfork();
	if (!strcmp(how, "posix_spawn"))
		return by_posix_spawn();
	if (!strcmp(how, "system"))
		return system("echo spawned");
	if (!strcmp(how, "popen"))
		return by_popen();
	return by_fork();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	setvbuf(stdout, NULL, _IONBF, 0);
	pthread_create(&thread, NULL, busy, NULL);
	int status = 0;
	for (int i = 0; i < 5; i++)
		status = start(argc > 1 ? argv[1] : "vfork");
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("status %d\n", status);
	return 0;
}
