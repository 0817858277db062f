/*
 * Fills the file system that FILE is in, makes all of it reach the disk, and goes on allocating.
 *
 * usage: disk_fills FILE
 * promise: the program goes on, and what was recorded before is there.
 * cflags: -D_GNU_SOURCE
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "ledger.h"

__attribute__((noinline)) static void work(unsigned n)
{
	static void *block[100];
	for (unsigned i = 0; i < n; i++) {
		led_free(block[i * 7 % 100]);
		block[i * 7 % 100] = led_malloc(1 + i % 2000);
	}
	for (unsigned i = 0; i < 100; i++) {
		led_free(block[i]);
		block[i] = NULL;
	}
}

/* Ever smaller pieces, until not a page fits. */
static void fill(const char *path)
{
	static char piece[1 << 20];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	for (size_t n = sizeof piece; n >= 4096; n /= 4) {
		while (write(fd, piece, n) > 0 && fsync(fd) == 0)
			;
		sync();
	}
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	work(5000);
	fill(argv[1]);
	work(50000);
	puts("went on");
	return 0;
}
