/*
 * A preloaded library that says on standard error which functions of those that a recorder may interpose
 * were called, with their arguments.
 *
 * cflags: -D_GNU_SOURCE
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *name, long a, long b)
{
	char text[100];
	int n = snprintf(text, sizeof text, "%s(%ld, %ld)\n", name, a, b);
	if (write(2, text, (size_t)n) < 0)
		abort();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int dup2(int from, int to)
{
	say("dup2", from, to);
	return NEXT(dup2)(from, to);
}

int dup3(int from, int to, int flags)
{
	say("dup3", from, to);
	return NEXT(dup3)(from, to, flags);
}

int close(int fd)
{
	say("close", fd, 0);
	return NEXT(close)(fd);
}

int close_range(unsigned first, unsigned last, int flags)
{
	say("close_range", first, last);
	return NEXT(close_range)(first, last, flags);
}

void closefrom(int first)
{
	say("closefrom", first, 0);
	NEXT(closefrom)(first);
}

int pipe2(int fds[2], int flags)
{
	say("pipe2", flags, 0);
	return NEXT(pipe2)(fds, flags);
}

int prctl(int option, ...)
{
	va_list ap;
	va_start(ap, option);
	unsigned long a = va_arg(ap, unsigned long);
	va_end(ap);
	say("prctl", option, 0);
	return NEXT(prctl)(option, a, 0, 0, 0);
}

long syscall(long number, ...)
{
	va_list ap;
	long a[6];
	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	say("syscall", number, a[5]);
	return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void _exit(int code)
{
	say("_exit", code, 0);
	NEXT(_exit)(code);
	for (;;)
		;
}

void _Exit(int code)
{
	say("_Exit", code, 0);
	NEXT(_Exit)(code);
	for (;;)
		;
}

pid_t fork(void)
{
	say("fork", 0, 0);
	return NEXT(fork)();
}

/* Counts the arguments, to show that all arrive. */
static int collect(char **argv, const char *first, va_list ap)
{
	int n = 0;
	for (const char *arg = first; arg && n < 30; arg = va_arg(ap, const char *))
		argv[n++] = (char *)arg;
	argv[n] = NULL;
	return n;
}

int execl(const char *path, const char *first, ...)
{
	char *argv[31];
	va_list ap;
	va_start(ap, first);
	say("execl", collect(argv, first, ap), 0);
	va_end(ap);
	return execv(path, argv);
}

int execlp(const char *file, const char *first, ...)
{
	char *argv[31];
	va_list ap;
	va_start(ap, first);
	say("execlp", collect(argv, first, ap), 0);
	va_end(ap);
	return execvp(file, argv);
}

int execle(const char *path, const char *first, ...)
{
	char *argv[31];
	va_list ap;
	va_start(ap, first);
	int n = collect(argv, first, ap);
	va_end(ap);
	va_start(ap, first);
	for (int i = 0; i < n; i++)
		(void)va_arg(ap, char *);
	char *const *environment = va_arg(ap, char *const *);
	va_end(ap);
	say("execle", n, environment && environment[0] && !strcmp(environment[0], "A=1"));
	return execve(path, argv, environment);
}
