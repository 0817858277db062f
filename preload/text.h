/*
 * Text in fixed buffers, without libc: what the file's name and a few strings need.
 */
#ifndef PT_TEXT_H
#define PT_TEXT_H

#include "pt.h"

/* A growing, always terminated string in a caller's buffer; what does not fit is cut. */
struct text {
	char *at;
	size_t used, room;
};

static inline struct text text_in(char *buffer, size_t n_bytes)
{
	buffer[0] = '\0';
	return (struct text){buffer, 0, n_bytes};
}

static inline void text_add_bytes(struct text *t, const char *s, size_t n)
{
	if (n > t->room - 1 - t->used)
		n = t->room - 1 - t->used;
	__builtin_memcpy(t->at + t->used, s, n);
	t->used += n;
	t->at[t->used] = '\0';
}

static inline void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, __builtin_strlen(s));
}

static inline void text_add_number(struct text *t, uint64_t v)
{
	char digits[24];
	size_t n = sizeof digits;
	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	text_add_bytes(t, digits + n, sizeof digits - n);
}

static inline const char *text_basename(const char *path)
{
	const char *base = path;
	for (const char *p = path; *p; p++)
		if (*p == '/')
			base = p + 1;
	return base;
}

/* Value of an environment variable, or NULL; reads the environment as it is, without locks. */
const char *text_env(const char *name);

/* Bytes with an optional suffix k, m, g; 0 when it is no such number. */
uint64_t text_size(const char *s);

#endif
