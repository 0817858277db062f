/*
 * What a program forbids itself: system calls, and reading the time stamp counter.
 *
 * Once its filter is in force, any system call of the recorder may kill it.  So the recording
 * ends there, and nothing in this library makes a system call any more; the report says so.  A filter that
 * was there before the program is another matter: containers have one, and it lets us work.
 *
 * A program can install a filter with a bare instruction, which the recorder does not see.  Before that nearly
 * every program must give up new privileges (PR_SET_NO_NEW_PRIVS), which it does through the C library: the
 * recording ends at that call already.  Programs that were started without new privileges need no such call.
 */
#define PT_INTERPOSES
#include "base/clock.h"
#include "lifecycle.h"
#include "base/raw.h"
#include "base/real.h"

#include <linux/seccomp.h>
#include <stdarg.h>

/* PR_SET_SYSCALL_USER_DISPATCH, Linux 5.11: system calls from outside of a range of addresses become signals. */
#define USER_DISPATCH 59

/* What a call forbids from then on. */
enum forbids { NOTHING, SYSTEM_CALLS, COUNTER };

static enum forbids prctl_forbids(int option, long argument)
{
	if (!lifecycle_recording())
		return NOTHING;
	if (option == PR_SET_SECCOMP || (option == USER_DISPATCH && argument == 1))
		return SYSTEM_CALLS;
	if (option == PR_SET_NO_NEW_PRIVS && argument == 1)
		return raw_call(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0) ? NOTHING
		                                                               : SYSTEM_CALLS;
	return option == PR_SET_TSC && argument == PR_TSC_SIGSEGV ? COUNTER : NOTHING;
}

static enum forbids syscall_forbids(long nr, long a, long b)
{
	if (nr == SYS_prctl)
		return prctl_forbids((int)a, b);
	return nr == SYS_seccomp && (a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER)
	               ? SYSTEM_CALLS
	               : NOTHING;
}

static void before_forbidding(enum forbids what)
{
	if (what == SYSTEM_CALLS)
		lifecycle_filter_comes();
	else if (what == COUNTER)
		clock_give_up_tsc();
}

static long after_forbidding(enum forbids what, long result)
{
	if (what == SYSTEM_CALLS && result != -1)
		lifecycle_filtered();
	return result;
}

PT_EXPORT int prctl(int option, ...)
{
	va_list ap;
	long a[4];
	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	enum forbids what = prctl_forbids(option, a[0]);
	before_forbidding(what);
	return (int)after_forbidding(what, REAL(prctl)(option, a[0], a[1], a[2], a[3]));
}

/* The next syscall() in line; NULL before the first call. */
static __attribute__((used)) long (*filter_next)(long, ...);

/* prctl(2) and seccomp(2) by number (for the latter the C library has no function), and the first call. */
static __attribute__((used)) long filter_syscall(long nr, long a, long b, long c, long d, long e,
                                                 long f)
{
	enum forbids what = syscall_forbids(nr, a, b);
	filter_next = REAL(syscall);
	before_forbidding(what);
	return after_forbidding(what, filter_next(nr, a, b, c, d, e, f));
}

/* Any other number goes to the next in line by a jump, without a frame: some calls return on another stack. */
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        "	.cfi_startproc\n"
        "	cmpq $317, %rdi\n" /* SYS_seccomp */
        "	je filter_syscall\n"
        "	cmpq $157, %rdi\n" /* SYS_prctl */
        "	je filter_syscall\n"
        "	movq filter_next(%rip), %rax\n"
        "	testq %rax, %rax\n"
        "	je filter_syscall\n"
        "	jmp *%rax\n"
        "	.cfi_endproc\n"
        ".size syscall, . - syscall\n");
_Static_assert(SYS_seccomp == 317 && SYS_prctl == 157, "the numbers above");
