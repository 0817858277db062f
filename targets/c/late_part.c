/*
 * Connections with a buffer each, made in a row and freed in a row; of one in 3,000 the buffer is passed on and
 * freed later.  In one slot that buffer would be handed out in use.
 *
 * expect: finding kind=slab line=@buffer
 * expect: no-finding kind=bundle
 */
#include <stdio.h>
#include <stdlib.h>

struct connection {
	char *buffer;
	long id;
};

int main(void)
{
	static struct connection *open[200];
	static char *late[16];
	unsigned seed = 1;
	long sum = 0;

	for (long i = 0; i < 200000; i++) {
		seed = seed * 1664525u + 1013904223u;
		struct connection **c = &open[(seed >> 9) % 200];
		if (*c) {
			char **drop = i % 3000 ? &(*c)->buffer : &late[i / 3000 % 16];
			sum += (*c)->id;
			free(*drop);
			if (i % 3000 == 0)
				*drop = (*c)->buffer;
			free(*c);
		}

		*c = malloc(sizeof **c);
		(*c)->buffer = malloc(200); /* @buffer */
		(*c)->id = i;
		(*c)->buffer[0] = 1;
	}

	printf("%ld\n", sum);
	return 0;
}
