/*
 * The few calls besides allocation that the recorder must know of: how the process ends or becomes
 * another program, code that goes away, descriptors that it must keep, and libunwind's questions.
 */
#define PT_INTERPOSES
#include "unwind/libunwind_rules.h"
#include "write/trace_file.h"
#include "lifecycle.h"
#include "unwind/module_map.h"
#include "base/raw.h"
#include "base/real.h"
#include "unwind/unwind_rules.h"

#include <stdarg.h>

/* ---- the end ---- */

static void __attribute__((noreturn)) end_now(int code)
{
	for (;;)
		raw_call(SYS_exit_group, code, 0, 0, 0, 0, 0);
}

PT_EXPORT void __attribute__((noreturn)) _exit(int code)
{
	lifecycle_end(PTF_END_QUICK, code);
	end_now(code);
}

PT_EXPORT void __attribute__((noreturn)) _Exit(int code)
{
	lifecycle_end(PTF_END_QUICK, code);
	end_now(code);
}

static int exec_result(int result)
{
	int saved_errno = errno;
	lifecycle_exec_failed();
	errno = saved_errno;
	return result;
}

PT_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	lifecycle_end(PTF_END_EXEC, 0);
	return exec_result(REAL(execve)(path, argv, envp));
}

PT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	lifecycle_end(PTF_END_EXEC, 0);
	return exec_result(REAL(execvpe)(file, argv, envp));
}

PT_EXPORT int execv(const char *path, char *const argv[])
{
	lifecycle_end(PTF_END_EXEC, 0);
	return exec_result(REAL(execv)(path, argv));
}

PT_EXPORT int execvp(const char *file, char *const argv[])
{
	lifecycle_end(PTF_END_EXEC, 0);
	return exec_result(REAL(execvp)(file, argv));
}

PT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	lifecycle_end(PTF_END_EXEC, 0);
	return exec_result(REAL(fexecve)(fd, argv, envp));
}

/* The list forms: the C library's would call its own execve, not ours. */
static size_t exec_count(const char *first, va_list ap)
{
	size_t n = 0;
	for (const char *arg = first; arg; arg = va_arg(ap, char *))
		n++;
	return n;
}

static void exec_collect(char **argv, const char *first, va_list *ap)
{
	for (char *arg = (char *)first; (*argv++ = arg); arg = va_arg(*ap, char *))
		;
}

PT_EXPORT int execl(const char *path, const char *arg, ...)
{
	va_list ap;
	va_start(ap, arg);
	size_t n = exec_count(arg, ap);
	va_end(ap);
	char **argv = __builtin_alloca((n + 1) * sizeof *argv);
	va_start(ap, arg);
	exec_collect(argv, arg, &ap);
	va_end(ap);
	return execv(path, argv);
}

PT_EXPORT int execlp(const char *file, const char *arg, ...)
{
	va_list ap;
	va_start(ap, arg);
	size_t n = exec_count(arg, ap);
	va_end(ap);
	char **argv = __builtin_alloca((n + 1) * sizeof *argv);
	va_start(ap, arg);
	exec_collect(argv, arg, &ap);
	va_end(ap);
	return execvp(file, argv);
}

PT_EXPORT int execle(const char *path, const char *arg, ...)
{
	va_list ap;
	va_start(ap, arg);
	size_t n = exec_count(arg, ap);
	va_end(ap);
	char **argv = __builtin_alloca((n + 1) * sizeof *argv);
	va_start(ap, arg);
	exec_collect(argv, arg, &ap);
	char *const *envp = va_arg(ap, char *const *);
	va_end(ap);
	return execve(path, argv, envp);
}

/* ---- children: their traces name us, ours names them ---- */

PT_EXPORT pid_t fork(void)
{
	pid_t pid = REAL(fork)();
	if (pid > 0)
		lifecycle_forked((uint32_t)pid);
	return pid;
}

/* ---- code ---- */

PT_EXPORT int dlclose(void *handle)
{
	uint64_t mask;
	int result = REAL(dlclose)(handle);
	int saved_errno = errno;
	if (!lifecycle_recording())
		return result;
	raw_signals_block(&mask);
	if (module_map_sweep(unwind_rules_drop))
		libunwind_flush();
	raw_signals_restore(&mask);
	errno = saved_errno;
	return result;
}

typedef int phdr_callback(struct dl_phdr_info *, size_t, void *);

/* The real one looks at its caller to know the namespace: it must be jumped to, not called. */
PT_EXPORT int dl_iterate_phdr(phdr_callback *callback, void *data)
{
	int result;
	if (libunwind_iterate_phdr(callback, data, &result))
		return result;
	return REAL(dl_iterate_phdr)(callback, data);
}

/* ---- descriptors: ours does not exist for the host ---- */

static int bad_descriptor(void)
{
	errno = EBADF;
	return -1;
}

static int result_of(long r)
{
	if (!raw_failed(r))
		return (int)r;
	errno = (int)-r;
	return -1;
}

enum { KERNEL_SET_BYTES = 8 };

/*
 * libunwind blocks signals and restores them about ten times for each rule, since 1.8 with
 * pthread_sigmask().  On our behalf it runs with all of them blocked, so these calls are for nothing.
 */
static bool signals_are_blocked(sigset_t *old)
{
	if (likely(!libunwind_is_calling()))
		return false;
	if (old)
		__builtin_memset(old, 0xff, KERNEL_SET_BYTES);
	return true;
}

static long raw_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return raw_call(SYS_rt_sigprocmask, how, (long)set, (long)old, KERNEL_SET_BYTES, 0, 0);
}

PT_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	if (signals_are_blocked(old))
		return 0;
	return likely(real.sigprocmask_) ? real.sigprocmask_(how, set, old)
	                                 : result_of(raw_sigmask(how, set, old));
}

PT_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	if (signals_are_blocked(old))
		return 0;
	return likely(real.pthread_sigmask_) ? real.pthread_sigmask_(how, set, old)
	                                     : -(int)raw_sigmask(how, set, old);
}

PT_EXPORT int close(int fd)
{
	if (unlikely(trace_file_owns_fd(fd)))
		return bad_descriptor();
	return REAL(close)(fd);
}

/* libunwind tries addresses with a pipe: it shall not take numbers that the host expects to get. */
PT_EXPORT int pipe2(int fds[2], int flags)
{
	long r = raw_call(SYS_pipe2, (long)fds, flags, 0, 0, 0, 0);
	if (!raw_failed(r) && libunwind_is_calling())
		libunwind_take_pipe(fds);
	return result_of(r);
}

static long close_range_raw(unsigned first, unsigned last, int flags)
{
	return first > last ? 0 : raw_call(SYS_close_range, first, last, flags, 0, 0, 0);
}

PT_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	unsigned ours = (unsigned)trace_file_fd_number();
	if (first > last || ours < first || ours > last)
		return result_of(raw_call(SYS_close_range, first, last, flags, 0, 0, 0));
	long r = ours ? close_range_raw(first, ours - 1, flags) : 0;
	return result_of(raw_failed(r) ? r : close_range_raw(ours + 1, last, flags));
}

PT_EXPORT void closefrom(int first)
{
	close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
}

PT_EXPORT int dup2(int from, int to)
{
	if (trace_file_owns_fd(from))
		return bad_descriptor();
	if (from != to)
		trace_file_make_way(to);
	return result_of(raw_call(SYS_dup2, from, to, 0, 0, 0, 0));
}

PT_EXPORT int dup3(int from, int to, int flags)
{
	if (trace_file_owns_fd(from))
		return bad_descriptor();
	trace_file_make_way(to);
	return result_of(raw_call(SYS_dup3, from, to, flags, 0, 0, 0));
}
