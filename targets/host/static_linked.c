/*
 * A statically linked program, which no preload reaches.
 *
 * promise: `pooltrace record` says so instead of leaving the user with nothing.
 * ldflags: -static
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	free(malloc(10));
	printf("static\n");
	return 0;
}
