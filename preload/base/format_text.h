/*
 * Text in fixed buffers, without libc: what the file's name and a few strings need.
 */
#ifndef PT_FORMAT_TEXT_H
#define PT_FORMAT_TEXT_H

#include "pt.h"

/* A growing, always terminated string in a caller's buffer; what does not fit is cut. */
struct format_text {
	char *at;
	size_t used, room;
};

static inline struct format_text format_text_in(char *buffer, size_t n_bytes)
{
	buffer[0] = '\0';
	return (struct format_text){buffer, 0, n_bytes};
}

static inline void format_text_add_bytes(struct format_text *t, const char *s, size_t n)
{
	if (n > t->room - 1 - t->used)
		n = t->room - 1 - t->used;
	__builtin_memcpy(t->at + t->used, s, n);
	t->used += n;
	t->at[t->used] = '\0';
}

static inline void format_text_add(struct format_text *t, const char *s)
{
	format_text_add_bytes(t, s, __builtin_strlen(s));
}

static inline void format_text_add_number(struct format_text *t, uint64_t v)
{
	char digits[24];
	size_t n = sizeof digits;
	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	format_text_add_bytes(t, digits + n, sizeof digits - n);
}

static inline const char *format_text_basename(const char *path)
{
	const char *base = path;
	for (const char *p = path; *p; p++)
		if (*p == '/')
			base = p + 1;
	return base;
}

/* Value of an environment variable, or NULL; reads the environment as it is, without locks.  Of our own variables
 * (POOLTRACE_...) the value that format_text_keep_env() found. */
const char *format_text_env(const char *name);

/* Keeps our own variables: the program may clear its environment, or write over it, before it forks. */
void format_text_keep_env(void);

/* Bytes with an optional suffix k, m, g; 0 when it is no such number. */
uint64_t format_text_size(const char *s);

#endif
