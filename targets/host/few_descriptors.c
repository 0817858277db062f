/*
 * Allows itself few descriptors and says which numbers it gets; opens all that it may.
 *
 * usage: few_descriptors (or by `ulimit -Sn N`)
 * promise: the lowest free number is what it is without us; where the limit may be raised, so are all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int opened = 0, last = -1, fd, first;
	void *volatile block = malloc(10);
	free(block);
	first = open("/dev/null", O_RDONLY);
	printf("first %d\n", first);
	if (argc < 2 || strcmp(argv[1], "all") != 0)
		return 0;
	while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
		opened++;
		last = fd;
	}
	printf("%d more, the last is %d, then: %s\n", opened, last, strerror(errno));
	return 0;
}
