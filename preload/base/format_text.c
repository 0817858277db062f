/*
 * The environment and numbers in it.
 */
#include "format_text.h"

/* The loader's. */
extern void *__libc_stack_end __attribute__((visibility("default")));

/* Before the C library has started, the environment is where the kernel put it: behind argv. */
static char **format_text_environment(void)
{
	if (environ)
		return environ;
	const long *argc = __libc_stack_end;
	return (char **)(argc + 1) + *argc + 1;
}

const char *format_text_env(const char *name)
{
	size_t n = strlen(name);
	for (char **e = format_text_environment(); *e; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

uint64_t format_text_size(const char *s)
{
	uint64_t v = 0;

	if (!s)
		return 0;
	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	switch (*s | 0x20) {
	case 'g':
		v <<= 10; /* fall through */
	case 'm':
		v <<= 10; /* fall through */
	case 'k':
		v <<= 10;
	}

	return v;
}
