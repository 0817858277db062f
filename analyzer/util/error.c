/* Messages to the user; see error.h. */
#include "util/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_line(const char *prefix, const char *fmt, va_list args, int errno_or_0)
{
	fflush(stdout);
	fprintf(stderr, "pooltrace: %s", prefix);
	vfprintf(stderr, fmt, args);
	if (errno_or_0)
		fprintf(stderr, ": %s", strerror(errno_or_0));
	fputc('\n', stderr);
}

int error(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print_line("", fmt, args, 0);
	va_end(args);
	return -1;
}

int error_errno(const char *fmt, ...)
{
	int saved = errno;
	va_list args;
	va_start(args, fmt);
	print_line("", fmt, args, saved);
	va_end(args);
	return -1;
}

void warning(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print_line("warning: ", fmt, args, 0);
	va_end(args);
}

void die(enum exit_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print_line("", fmt, args, 0);
	va_end(args);
	exit(code);
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	char where[256];
	va_list args;
	va_start(args, fmt);
	snprintf(where, sizeof where, "bug at %s:%d: ", file, line);
	print_line(where, fmt, args, 0);
	va_end(args);
	abort();
}
