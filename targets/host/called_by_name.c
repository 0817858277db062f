/*
 * Calls functions that a recorder interposes, by their names, with few and with many arguments; some fail.
 *
 * promise: whoever stands behind us (a preload, a library) is called as without us.
 * cflags: -D_GNU_SOURCE -Wno-unused-result -Wno-nonnull
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *environment[] = {"A=1", NULL};

static void become(int how)
{
	switch (how) {
	case 0:
		execl("/bin/echo", "echo", "one", (char *)0);
		break;
	case 1:
		execlp("echo", "echo", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", (char *)0);
		break;
	case 2:
		execle("/bin/echo", "echo", "a", "b", "c", "d", "e", (char *)0, environment);
		break;
	case 3:
		execl("/no/such/program", "x", "1", "2", "3", "4", "5", "6", (char *)0);
		fprintf(stderr, "execl: %s\n", strerror(errno));
		execle("/no/such/program", "x", (char *)0, environment);
		fprintf(stderr, "execle: %s\n", strerror(errno));
		_exit(5);
	default:
		_Exit(6);
	}
}

int main(void)
{
	int fds[2], status;
	free(malloc(3));
	pipe2(fds, O_CLOEXEC);
	dup2(fds[0], 20);
	dup3(fds[1], 21, 0);
	fprintf(stderr, "dup2: %d, dup3: %d\n", dup2(99, 20), dup3(20, 20, 0));
	close(20);
	fprintf(stderr, "close: %d\n", close(20));
	prctl(PR_SET_NAME, "x", 0, 0, 0);
	syscall(SYS_getpid);
	/* six arguments: the last is the offset */
	char *page = (char *)syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
	fprintf(stderr, "mapped: %d, bad number: %ld %s\n", page != MAP_FAILED, syscall(-5L),
	        strerror(errno));
	close_range(30, 40, 0);
	close_range(60, ~0u, 0);
	fprintf(stderr, "close_range: %d\n", close_range(9, 8, 0));
	closefrom(50);
	for (int how = 0; how < 5; how++) {
		if (fork() == 0)
			become(how);
		wait(&status);
		fprintf(stderr, "child %d: %d\n", how, WEXITSTATUS(status));
	}
	_exit(3);
}
