/*
 * The few calls besides allocation that the recorder must know of: how the process ends or becomes
 * another program, code that goes away, and descriptors that it must keep.
 */
#define PT_INTERPOSES
#include "write/descriptor.h"
#include "write/trace_file.h"
#include "lifecycle.h"
#include "unwind/module_map.h"
#include "base/raw.h"
#include "base/real.h"
#include "unwind/unwind_rules.h"

#include <linux/close_range.h>
#include <stdarg.h>

/* ---- the end ---- */

static void __attribute__((noreturn)) end_now(void (*next)(int), int code, const void *caller)
{
	lifecycle_leaves(caller);
	lifecycle_end(PTF_END_QUICK, code);
	if (next)
		next(code);
	for (;;)
		raw_call(SYS_exit_group, code, 0, 0, 0, 0, 0);
}

PT_EXPORT void __attribute__((noreturn)) _exit(int code)
{
	end_now(REAL(_exit), code, __builtin_return_address(0));
}

PT_EXPORT void __attribute__((noreturn)) _Exit(int code)
{
	end_now(REAL(_Exit), code, __builtin_return_address(0));
}

static int exec_result(int obstacle, int result)
{
	int saved_errno = errno;
	lifecycle_exec_failed(obstacle);
	errno = saved_errno;
	return result;
}

PT_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	int obstacle = lifecycle_exec();
	return exec_result(obstacle, REAL(execve)(path, argv, envp));
}

PT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	int obstacle = lifecycle_exec();
	return exec_result(obstacle, REAL(execvpe)(file, argv, envp));
}

PT_EXPORT int execv(const char *path, char *const argv[])
{
	int obstacle = lifecycle_exec();
	return exec_result(obstacle, REAL(execv)(path, argv));
}

PT_EXPORT int execvp(const char *file, char *const argv[])
{
	int obstacle = lifecycle_exec();
	return exec_result(obstacle, REAL(execvp)(file, argv));
}

PT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	int obstacle = lifecycle_exec();
	return exec_result(obstacle, REAL(fexecve)(fd, argv, envp));
}

/*
 * The list forms.  The C library's would call its own execve, not ours; another preload's wants to be called
 * by the name that the program used.  So the arguments are collected and handed on in their form.
 */
static size_t exec_count(const char *first, va_list ap)
{
	size_t n = 0;
	for (const char *arg = first; arg; arg = va_arg(ap, char *))
		n++;
	return n;
}

/* Calls fn with these words as its arguments: six in registers, the others on the stack. */
static __attribute__((noinline)) int exec_call(int (*fn)(const char *, const char *, ...),
                                               const uint64_t *word, size_t n)
{
	size_t n_stacked = n > 6 ? n - 6 : 0;
	long result = (long)fn;

	__asm__ __volatile__("movq %%rsp, %%rbx\n\t"
	                     "leaq (,%[n],8), %%rdx\n\t"
	                     "subq %%rdx, %%rsp\n\t"
	                     "andq $-16, %%rsp\n\t"
	                     "leaq 48(%[w]), %%rsi\n\t"
	                     "movq %%rsp, %%rdi\n\t"
	                     "movq %[n], %%rcx\n\t"
	                     "rep movsq\n\t"
	                     "movq 0(%[w]), %%rdi\n\t"
	                     "movq 8(%[w]), %%rsi\n\t"
	                     "movq 16(%[w]), %%rdx\n\t"
	                     "movq 24(%[w]), %%rcx\n\t"
	                     "movq 32(%[w]), %%r8\n\t"
	                     "movq 40(%[w]), %%r9\n\t"
	                     "movq %%rax, %%r10\n\t"
	                     "xorl %%eax, %%eax\n\t"
	                     "callq *%%r10\n\t"
	                     "movq %%rbx, %%rsp"
	                     : "+a"(result)
	                     : [w] "r"(word), [n] "r"(n_stacked)
	                     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0",
	                       "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
	                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
	                       "memory", "cc");
	return (int)result;
}

/* The words of a list form: path, arguments, NULL, and what else follows that the form has. */
static void exec_collect(uint64_t *word, const char *path, const char *first, va_list *ap,
                         bool has_environment)
{
	char *arg = (char *)first;
	*word++ = (uint64_t)path;
	for (; arg; arg = va_arg(*ap, char *))
		*word++ = (uint64_t)arg;
	*word++ = 0;
	if (has_environment)
		*word = (uint64_t)va_arg(*ap, char *const *);
}

#define EXEC_LIST_FORM(name, has_environment)                                 \
	PT_EXPORT int name(const char *path, const char *first, ...)          \
	{                                                                     \
		va_list ap;                                                   \
		va_start(ap, first);                                          \
		size_t n = exec_count(first, ap) + 2 + has_environment;       \
		va_end(ap);                                                   \
		uint64_t *word = __builtin_alloca((n + 6) * sizeof *word);    \
		va_start(ap, first);                                          \
		exec_collect(word, path, first, &ap, has_environment);        \
		va_end(ap);                                                   \
		int obstacle = lifecycle_exec();                              \
		return exec_result(obstacle, exec_call(REAL(name), word, n)); \
	}

EXEC_LIST_FORM(execl, false)
EXEC_LIST_FORM(execlp, false)
EXEC_LIST_FORM(execle, true)

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
	module_map_sweep(unwind_rules_drop);
	raw_signals_restore(&mask);
	errno = saved_errno;
	return result;
}

/* ---- descriptors: ours does not exist for the host ---- */

static int bad_descriptor(void)
{
	errno = EBADF;
	return -1;
}

PT_EXPORT int close(int fd)
{
	if (unlikely(trace_file_owns_fd(fd)))
		return bad_descriptor();
	return REAL(close)(fd);
}

/*
 * Two ranges, around our descriptor.  The next in line may be another preload with a list of descriptors of its
 * own: it is called once, for the whole range; then our descriptor is closed, and the file is opened again.
 */
static bool must_split(const char *name, const void *next, unsigned first, unsigned last)
{
	unsigned ours = (unsigned)descriptor_number();
	return first <= ours && ours <= last && real_is_libc(name, next);
}

static int close_around_ours(int (*next)(unsigned, unsigned, int), unsigned first, unsigned last,
                             int flags)
{
	unsigned ours = (unsigned)descriptor_number();
	int result = first < ours ? next(first, ours - 1, flags) : 0;
	return result == 0 && ours < last ? next(ours + 1, last, flags) : result;
}

PT_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	int (*next)(unsigned, unsigned, int) = REAL(close_range);
	if (!(flags & (int)CLOSE_RANGE_CLOEXEC) &&
	    must_split("close_range", (const void *)next, first, last))
		return close_around_ours(next, first, last, flags);
	return next(first, last, flags);
}

PT_EXPORT void closefrom(int first)
{
	void (*next)(int) = REAL(closefrom);
	unsigned from = first < 0 ? 0 : (unsigned)first;
	if (must_split("closefrom", (const void *)next, from, ~0u) &&
	    close_around_ours(REAL(close_range), from, ~0u, 0) == 0)
		return;
	next(first);
}

PT_EXPORT int dup2(int from, int to)
{
	if (trace_file_owns_fd(from))
		return bad_descriptor();
	if (from != to)
		trace_file_make_way(to);
	return REAL(dup2)(from, to);
}

PT_EXPORT int dup3(int from, int to, int flags)
{
	if (trace_file_owns_fd(from))
		return bad_descriptor();
	trace_file_make_way(to);
	return REAL(dup3)(from, to, flags);
}
