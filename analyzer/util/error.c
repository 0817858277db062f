/* Messages to the user; see error.h. */
#include "util/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* Names of files and functions may hold anything; a terminal would obey it. */
static void print_clean(const char *fmt, va_list args)
{
	static bool inside; /* cleaning takes memory, and having none is a message, too */
	char text[8192];
	vsnprintf(text, sizeof text, fmt, args);
	if (inside) {
		fputs(text, stderr);
		return;
	}
	inside = true;
	text_put(stderr, text);
	inside = false;
}

static void print_line(const char *prefix, const char *fmt, va_list args, int errno_or_0)
{
	fflush(stdout);
	fprintf(stderr, "pooltrace: %s", prefix);
	print_clean(fmt, args);
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
