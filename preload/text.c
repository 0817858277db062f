/*
 * The environment and numbers in it.
 */
#include "text.h"

extern char **environ;

const char *text_env(const char *name)
{
	size_t n = __builtin_strlen(name);
	if (!environ)
		return NULL;
	for (char **e = environ; *e; e++)
		if (__builtin_strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

uint64_t text_size(const char *s)
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
