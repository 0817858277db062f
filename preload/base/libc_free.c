/*
 * See libc_free.h.  Nothing here is called for each event.
 */
#include "base/pt.h"

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *result = to;
	__asm__ __volatile__("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return result;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *a = (char *)to + n;
	const char *b = (const char *)from + n;
	if ((uintptr_t)to - (uintptr_t)from >= n)
		return memcpy(to, from, n);
	while (n--) {
		*--a = *--b;
		pt_signal_fence(); /* else the compiler makes a call of memmove() of it */
	}
	return to;
}

void *memset(void *to, int value, size_t n)
{
	void *at = to;
	__asm__ __volatile__("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	for (; n; x++, y++, n--)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memmem(const void *in, size_t n, const void *what, size_t m)
{
	for (const char *at = in; n >= m; at++, n--)
		if (memcmp(at, what, m) == 0)
			return (void *)at;
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;
	while (s[n]) {
		n++;
		pt_signal_fence(); /* else the compiler makes a call of strlen() of it */
	}
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--)
		a++, b++;
	return n ? (uint8_t)*a - (uint8_t)*b : 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;
	do
		if (*s == (char)c)
			found = s;
	while (*s++);
	return (char *)found;
}
