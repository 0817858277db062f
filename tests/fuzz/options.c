/*
 * Linked into what libFuzzer runs: makes an input cheap, with no check less.  Freed memory is kept from
 * reuse for some inputs, not for hundreds of thousands; messages are gathered; files that `replay` makes
 * lie in memory.
 */
#include <stdio.h>
#include <stdlib.h>

const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:malloc_context_size=4:max_malloc_fill_size=0";
}

__attribute__((constructor)) static void start(void)
{
	static char buffer[1 << 16];
	setvbuf(stderr, buffer, _IOFBF, sizeof buffer);
	setenv("TMPDIR", "/dev/shm", 0);
}
