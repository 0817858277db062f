/*
 * Programs that forbid themselves system calls: once a filter of their making is in force, any call of
 * ours may be the one that kills them.  So the recording ends there, and nothing in this library makes
 * a system call any more; the report says so.  A filter that was there before the program is another
 * matter: containers have one, and it lets us work.
 */
#define PT_INTERPOSES
#include "lifecycle.h"
#include "base/raw.h"

#include <linux/seccomp.h>
#include <stdarg.h>

static long filter_result(long r)
{
	if (raw_failed(r)) {
		errno = (int)-r;
		return -1;
	}
	lifecycle_filtered();
	return r;
}

PT_EXPORT int prctl(int option, ...)
{
	va_list ap;
	long a[4];
	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (option == PR_SET_SECCOMP)
		lifecycle_filter_comes();
	long r = raw_call(SYS_prctl, option, a[0], a[1], a[2], a[3], 0);
	if (option == PR_SET_SECCOMP)
		return (int)filter_result(r);
	if (!raw_failed(r))
		return (int)r;
	errno = (int)-r;
	return -1;
}

/* seccomp(2), for which the C library has no function. */
static __attribute__((used)) long filter_syscall(long nr, long operation, long flags, long args)
{
	if (operation == SECCOMP_SET_MODE_STRICT || operation == SECCOMP_SET_MODE_FILTER)
		lifecycle_filter_comes();
	long r = raw_call(nr, operation, flags, args, 0, 0, 0);
	if (operation == SECCOMP_SET_MODE_STRICT || operation == SECCOMP_SET_MODE_FILTER)
		return filter_result(r);
	if (!raw_failed(r))
		return r;
	errno = (int)-r;
	return -1;
}

static __attribute__((used)) long filter_failed(int error)
{
	errno = error;
	return -1;
}

/* Any other call: as the C library does it, without a frame, because some return on another stack. */
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        "	.cfi_startproc\n"
        "	cmpq $317, %rdi\n" /* SYS_seccomp */
        "	je filter_syscall\n"
        "	movq %rdi, %rax\n"
        "	movq %rsi, %rdi\n"
        "	movq %rdx, %rsi\n"
        "	movq %rcx, %rdx\n"
        "	movq %r8, %r10\n"
        "	movq %r9, %r8\n"
        "	movq 8(%rsp), %r9\n"
        "	syscall\n"
        "	cmpq $-4095, %rax\n"
        "	jae 1f\n"
        "	ret\n"
        "1:	movl %eax, %edi\n"
        "	negl %edi\n"
        "	jmp filter_failed\n"
        "	.cfi_endproc\n"
        ".size syscall, . - syscall\n");
_Static_assert(SYS_seccomp == 317, "the number above");
