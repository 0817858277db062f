/*
 * A daemon as the books have it: fork, setsid, fork, chdir to /, umask 0, descriptors 0 to 2 to
 * /dev/null, all others closed; then it works and says so through a file that it opens.
 *
 * usage: daemon FILE
 * promise: the daemon is traced like its ancestors, in the directory where the first one started.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "ledger.h"

static void work(const char *path)
{
	for (size_t i = 1; i <= 500; i++)
		led_free(led_malloc(i));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (write(fd, "daemon was here\n", 16) != 16)
		_exit(1);
	close(fd);
	exit(0);
}

static void daemonize(const char *path)
{
	setsid();
	pid_t pid = fork();
	if (pid > 0) {
		int status;
		waitpid(pid, &status, 0);
		_exit(status ? 1 : 0);
	}
	if (chdir("/") != 0)
		_exit(1);
	umask(0);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 4096; fd++)
		close(fd);
	work(path);
}

int main(int argc, char **argv)
{
	char path[4096];
	if (argc < 2 || !realpath(argv[1], path))
		return 2;
	led_malloc(50);
	pid_t pid = fork();
	if (pid == 0)
		daemonize(path);
	int status;
	waitpid(pid, &status, 0);
	char line[32] = "";
	int fd = open(path, O_RDONLY);
	if (read(fd, line, sizeof line - 1) < 0)
		return 1;
	printf("status %d, %s", status, line);
	return 0;
}
