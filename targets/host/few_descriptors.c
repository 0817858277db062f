/*
 * Allows itself few descriptors and says which numbers it gets; opens all that it may.
 *
 * usage: few_descriptors [all [BLOCKS]] (below `ulimit -n N`): opens all, then makes and frees so many blocks, before
 *        and after it closes them again
 * promise: the program gets all numbers that it gets without us; what it allocates while it has them all is recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void churn(int n)
{
	for (int i = 0; i < n; i++) {
		char *volatile block = malloc(32);
		free(block);
	}
}

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
	if (argc > 2)
		churn(atoi(argv[2]));
	while (last > first)
		close(last--);
	if (argc > 2)
		churn(atoi(argv[2]));
	return 0;
}
