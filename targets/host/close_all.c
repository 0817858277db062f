/*
 * Closes all descriptors, then opens files of its own, which get the lowest free numbers, and a
 * number as high as there is; allocates much; looks whether its files hold what it wrote.
 *
 * usage: close_all close_range|closefrom|loop|dup2|raw DIRECTORY
 * promise: not one foreign byte in the program's files, and recording goes on.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <sys/resource.h>

#include "ledger.h"

enum { N_FILES = 40, N_BLOCKS = 60000 };

static void close_by(const char *how)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	int end = limit.rlim_cur < 20000 ? (int)limit.rlim_cur : 20000;
	if (!strcmp(how, "close_range"))
		close_range(3, ~0u, 0);
	else if (!strcmp(how, "closefrom"))
		closefrom(3);
	else if (!strcmp(how, "raw"))
		syscall(SYS_close_range, 3, ~0u, 0);
	else if (!strcmp(how, "dup2"))
		for (int fd = 3; fd < end; fd++)
			dup2(2, fd);
	else
		for (int fd = 3; fd < end; fd++)
			close(fd);
}

__attribute__((noinline)) static void churn(unsigned depth, size_t i)
{
	if (depth)
		churn(depth - 1, i);
	else
		led_free(led_malloc(i % 3000 + 1));
	__asm__ __volatile__("");
}

static int content_is(int fd, const char *text)
{
	char read_back[256];
	ssize_t n = pread(fd, read_back, sizeof read_back, 0);
	return n == (ssize_t)strlen(text) && memcmp(read_back, text, (size_t)n) == 0;
}

int main(int argc, char **argv)
{
	int fd[N_FILES], bad = 0;
	if (argc < 3 || chdir(argv[2]) != 0)
		return 2;
	int before = dup(2);
	close(before);
	led_free(led_malloc(10));
	int after = dup(2);
	close(after);
	close_by(argv[1]);
	if (!strcmp(argv[1], "dup2"))
		for (int i = 3; i < 20000; i++)
			if (i % 7 == 0)
				syscall(SYS_close, i);
	for (int i = 0; i < N_FILES; i++) {
		char name[32];
		snprintf(name, sizeof name, "own.%d", i);
		fd[i] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		bad += fd[i] < 0 || write(fd[i], name, strlen(name)) != (ssize_t)strlen(name);
	}
	for (size_t i = 0; i < N_BLOCKS; i++)
		churn((unsigned)(i % 50), i);
	for (int i = 0; i < N_FILES; i++) {
		char name[32];
		snprintf(name, sizeof name, "own.%d", i);
		bad += !content_is(fd[i], name);
	}
	printf("lowest free descriptor is %d, and stays: %d, files spoilt: %d, first file is %d\n", before,
	       before == after, bad, fd[0]);
	return bad != 0;
}
