/*
 * The plugin of loader_held.c, whose constructor says that it has come and waits to be let go.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <unistd.h>

#include "loader_held.h"

__attribute__((constructor)) static void come(void)
{
	char byte;
	if (write(HELD_COME, "c", 1) != 1 || read(HELD_GO, &byte, 1) != 1)
		_exit(9);
}
