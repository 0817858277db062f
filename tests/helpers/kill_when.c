/*
 * kill_when LEDGER MICROSECONDS COMMAND ARGS...
 *
 * Starts the command, waits until it has written into its ledger, lets it go on for the given time
 * and kills it with SIGKILL.  Exits with 0 when that is how it ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "targets/host/ledger_file.h"

static bool has_begun(const char *path)
{
	struct stat st;
	bool begun = false;
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && (size_t)st.st_size > sizeof(struct ledger_head)) {
		volatile struct ledger_head *head = mmap(NULL, sizeof *head, PROT_READ, MAP_SHARED,
		                                         fd, 0);
		begun = (void *)head != MAP_FAILED && head->n_used > 0;
		munmap((void *)head, sizeof *head);
	}
	close(fd);
	return begun;
}

int main(int argc, char **argv)
{
	int status;
	if (argc < 4)
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	for (int i = 0; i < 100000 && !has_begun(argv[1]); i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return 1;
		usleep(100);
	}
	usleep((useconds_t)atol(argv[2]));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 1;
}
