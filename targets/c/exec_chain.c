/*
 * Becomes itself twice by exec, allocating a different number of blocks each time, then runs a child.
 *
 * args: 0
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "target.h"

static NOINLINE void *in_step(void)
{
	return keep(malloc(32));
}

int main(int argc, char **argv)
{
	int step = argc > 1 ? atoi(argv[1]) : 0;
	char next[16];

	for (int i = 0; i < 10 * (step + 1); i++)
		in_step();
	snprintf(next, sizeof(next), "%d", step + 1);
	if (step < 2)
		execl(argv[0], argv[0], next, (char *)NULL);
	return system("echo child") == 0 ? 5 : 1;
}
