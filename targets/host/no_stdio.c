/*
 * Starts with descriptors 0, 1 and 2 closed (the test closes them), so that the first file it opens
 * becomes its standard output.
 *
 * usage: no_stdio FILE
 * promise: we never write to those numbers, nor take them.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>

#include "ledger.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (size_t i = 1; i <= 30000; i++)
		led_free(led_malloc(i));
	char text[32];
	int n = snprintf(text, sizeof text, "descriptor %d\n", fd);
	if (write(fd, text, (size_t)n) != n)
		return 1;
	return lseek(fd, 0, SEEK_END) == n ? 0 : 3;
}
