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

#define OURS "POOLTRACE_"

/* "NAME=VALUE", each with its zero, and an empty one at the end. */
static char kept[8192];
static bool is_kept;

static bool format_text_is_ours(const char *name)
{
	return strncmp(name, OURS, sizeof OURS - 1) == 0;
}

/* A value too long for a path is of no use, and left out. */
void format_text_keep_env(void)
{
	char *to = kept;
	for (char **e = format_text_environment(); *e; e++) {
		size_t n = strlen(*e) + 1;
		if (!format_text_is_ours(*e) || n > (size_t)(kept + sizeof kept - 1 - to))
			continue;
		memcpy(to, *e, n);
		to += n;
	}
	is_kept = true;
}

static const char *format_text_value(const char *entry, const char *name, size_t n)
{
	return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

static const char *format_text_kept(const char *name, size_t n)
{
	const char *value = NULL;
	for (const char *e = kept; *e && !value; e += strlen(e) + 1)
		value = format_text_value(e, name, n);
	return value;
}

const char *format_text_env(const char *name)
{
	size_t n = strlen(name);
	const char *value = NULL;

	if (is_kept && format_text_is_ours(name))
		return format_text_kept(name, n);
	for (char **e = format_text_environment(); *e && !value; e++)
		value = format_text_value(*e, name, n);
	return value;
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
