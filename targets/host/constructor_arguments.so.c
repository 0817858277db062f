/*
 * A library whose constructor looks at the arguments that the loader hands it, and at the C library's idea of
 * the program's name at that time.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <errno.h>

int constructor_argc;
const char *constructor_argv0;

__attribute__((constructor)) static void started(int argc, char **argv)
{
	constructor_argc = argc;
	constructor_argv0 = argc > 0 ? argv[0] : program_invocation_name;
}
