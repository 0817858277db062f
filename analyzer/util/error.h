/*
 * Messages to the user, and the ways to stop.  Texts are lower case, name their subject in quotes and
 * end without a full stop: cannot open 'x.trace': No such file or directory
 *
 * error() and warning() print one line on stderr.  die() is for cmd/ and main.c.  BUG() is for
 * mistakes of our own: it says where and aborts.
 */
#ifndef PT_UTIL_ERROR_H
#define PT_UTIL_ERROR_H

enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_EXCEEDED = 3, /* a limit or a regression */
	EXIT_DAMAGED = 4,  /* answered from a damaged trace */
};

/* Always returns -1. */
__attribute__((format(printf, 1, 2))) int error(const char *fmt, ...);
/* The same, followed by ": " and what errno means. */
__attribute__((format(printf, 1, 2))) int error_errno(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void warning(const char *fmt, ...);
__attribute__((format(printf, 2, 3), noreturn)) void die(enum exit_code code, const char *fmt, ...);
__attribute__((format(printf, 3, 4), noreturn, cold)) void bug_at(const char *file, int line,
                                                                  const char *fmt, ...);
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define BUG_ON(cond)                               \
	do {                                       \
		if (__builtin_expect(!!(cond), 0)) \
			BUG("%s", #cond);          \
	} while (0)

#endif
