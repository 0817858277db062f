/*
 * The failure injection build of the library: makes its n-th system call fail.
 *
 *   POOLTRACE_FAULT=N          the N-th of those that can fail, counted from the start of the process
 *   POOLTRACE_FAULT=N+         that one and all after it
 *   POOLTRACE_FAULT=N!         the process is killed (SIGKILL) in place of that one
 *   POOLTRACE_FAULT_LOG=FILE   is made when it happens, so that a sweep knows where to end; holds the
 *                              number of the system call
 *
 *   POOLTRACE_FAULT_HOLD=N     the N-th lock of the recorder that the thread named "holder" takes is never given
 *                              back: the thread stands there, as under a debugger
 *
 * Linked into build/fault/libpooltrace.so only.  Calls that the kernel never refuses are not counted.
 */
#include "base/raw.h"
#include "base/format_text.h"

#include <sys/prctl.h>

static uint32_t n_calls;

static bool fault_can_fail(long nr)
{
	switch (nr) {
	case SYS_mmap:
	case SYS_openat:
	case SYS_read:
	case SYS_pwrite64:
	case SYS_pwritev:
	case SYS_fallocate:
	case SYS_ftruncate:
	case SYS_fstat:
	case SYS_fcntl:
	case SYS_readlinkat:
	case SYS_getcwd:
	case SYS_faccessat2:
	case SYS_execve:
	case SYS_madvise:
	case SYS_mprotect:
	case SYS_mincore:
	case SYS_prlimit64:
	case SYS_fstatfs:
	case SYS_getrusage:
	case SYS_process_vm_readv:
		return true;
	default:
		return false;
	}
}

static long fault_syscall(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	__asm__ __volatile__("syscall"
	                     : "+a"(nr)
	                     : "D"(a), "S"(b), "d"(c), "r"(r10)
	                     : "rcx", "r11", "memory");
	return nr;
}

static void fault_log(long nr)
{
	char text[24];
	const char *path = format_text_env("POOLTRACE_FAULT_LOG");
	if (!path)
		return;
	long fd = fault_syscall(SYS_openat, AT_FDCWD, (long)path,
	                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct format_text t = format_text_in(text, sizeof text);
	format_text_add_number(&t, (uint64_t)nr);
	format_text_add(&t, "\n");
	fault_syscall(SYS_write, fd, (long)text, (long)t.used, 0);
	fault_syscall(SYS_close, fd, 0, 0, 0);
}

static uint64_t fault_number(const char *p)
{
	uint64_t n = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

bool raw_fault_due(long nr)
{
	const char *wanted = format_text_env("POOLTRACE_FAULT");
	if (!wanted || !fault_can_fail(nr))
		return false;
	uint64_t n = fault_number(wanted);
	const char *p = wanted + strspn(wanted, "0123456789");
	uint32_t call = __atomic_add_fetch(&n_calls, 1, __ATOMIC_RELAXED);
	if (n && call == n && *p == '!')
		fault_syscall(SYS_kill, fault_syscall(SYS_getpid, 0, 0, 0, 0), SIGKILL, 0, 0);
	bool due = n && (call == n || (*p == '+' && call > n));
	if (due && call == n)
		fault_log(nr);
	return due;
}

static bool fault_is_holder(void)
{
	char name[17] = "";
	fault_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0);
	return strcmp(name, "holder") == 0;
}

void lock_fault_taken(void)
{
	static uint64_t n_taken; /* the holder's alone */
	static const struct timespec day = {86400, 0};
	const char *wanted = format_text_env("POOLTRACE_FAULT_HOLD");
	if (!wanted || !fault_is_holder() || ++n_taken != fault_number(wanted))
		return;
	fault_log(SYS_nanosleep);
	for (;;)
		fault_syscall(SYS_nanosleep, (long)&day, 0, 0, 0);
}
