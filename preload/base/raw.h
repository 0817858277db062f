/*
 * System calls without libc: they leave errno alone, are no cancellation points, and cannot be
 * interposed by anybody (ourselves included).  They return what the kernel does: a value, or -errno.
 *
 * Every system call of the preload goes through raw_call(), which is also where the failure
 * injection build (-DPT_FAULT) makes the n-th one fail.
 */
#ifndef PT_RAW_H
#define PT_RAW_H

#include "pt.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

#ifdef PT_FAULT
bool raw_fault_due(long nr);
#else
#define raw_fault_due(nr) false
#endif

PT_INLINE long raw_call(long nr, long a, long b, long c, long d, long e, long f)
{
	if (raw_fault_due(nr)) /* before the registers are loaded: it is a call */
		return -ENOMEM;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ __volatile__("syscall"
	                     : "=a"(result)
	                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                     : "rcx", "r11", "memory");
	return result;
}

PT_INLINE bool raw_failed(long result)
{
	return (unsigned long)result > -4096ul;
}

static inline void *raw_map(void *at, size_t n, int prot, int flags, int fd, uint64_t offset)
{
	long r = raw_call(SYS_mmap, (long)at, (long)n, prot, flags, fd, (long)offset);
	return raw_failed(r) ? NULL : (void *)r;
}

static inline long raw_open(const char *path, int flags, int mode)
{
	return raw_call(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}

static inline long raw_close(int fd)
{
	return raw_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline void raw_unlink(const char *path)
{
	raw_call(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0);
}

static inline long raw_read(int fd, void *p, size_t n)
{
	return raw_call(SYS_read, fd, (long)p, (long)n, 0, 0, 0);
}

static inline long raw_pwrite(int fd, const void *p, size_t n, uint64_t offset)
{
	return raw_call(SYS_pwrite64, fd, (long)p, (long)n, (long)offset, 0, 0);
}

static inline long raw_pwritev(int fd, const struct iovec *pieces, int n, uint64_t offset)
{
	return raw_call(SYS_pwritev, fd, (long)pieces, n, (long)offset, 0, 0);
}

static inline long raw_fallocate(int fd, uint64_t offset, uint64_t n)
{
	return raw_call(SYS_fallocate, fd, 0, (long)offset, (long)n, 0, 0);
}

static inline long raw_ftruncate(int fd, uint64_t n)
{
	return raw_call(SYS_ftruncate, fd, (long)n, 0, 0, 0, 0);
}

static inline long raw_fstat(int fd, struct stat *st)
{
	return raw_call(SYS_fstat, fd, (long)st, 0, 0, 0, 0);
}

static inline long raw_dup_high(int fd, int at_least)
{
	return raw_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, at_least, 0, 0, 0);
}

static inline long raw_readlink(const char *path, char *buf, size_t n)
{
	return raw_call(SYS_readlinkat, AT_FDCWD, (long)path, (long)buf, (long)n, 0, 0);
}

/* May a program that is executed now make files in the directory?  0: yes; -ENOSYS before Linux 5.8.  Capabilities that
 * were kept when the user changed, as setpriv does, end with the exec: the check by the real user has none. */
static inline long raw_may_create_in(const char *directory)
{
	long r = raw_call(SYS_faccessat2, AT_FDCWD, (long)directory, W_OK | X_OK, AT_EACCESS, 0, 0);
	if (r == 0 && raw_call(SYS_geteuid, 0, 0, 0, 0, 0, 0) != 0)
		r = raw_call(SYS_faccessat2, AT_FDCWD, (long)directory, W_OK | X_OK, 0, 0, 0);
	return r;
}

/* Current soft limit, RLIM_INFINITY when it cannot be read. */
static inline uint64_t raw_limit(int resource)
{
	struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};
	raw_call(SYS_prlimit64, 0, resource, 0, (long)&r, 0, 0);
	return r.rlim_cur;
}

static inline uint32_t raw_pid(void)
{
	return (uint32_t)raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline uint32_t raw_ppid(void)
{
	return (uint32_t)raw_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

static inline uint32_t raw_tid(void)
{
	return (uint32_t)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static inline bool raw_thread_alive(uint32_t pid, uint32_t tid)
{
	return raw_call(SYS_tgkill, pid, tid, 0, 0, 0, 0) != -ESRCH;
}

/* Sleeps while *word is `value`, at most `ns`. */
static inline void raw_futex_wait(uint32_t *word, uint32_t value, uint64_t ns)
{
	struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
	raw_call(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)&t, 0, 0);
}

static inline void raw_futex_wake(uint32_t *word, int n)
{
	raw_call(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, n, 0, 0, 0);
}

/* Valgrind runs the program. */
extern bool raw_under_valgrind;
void raw_find_valgrind(void);

/* Can the byte be read?  The kernel reads the new mask before it finds that there is no such operation; eight
 * bytes of it, so the page must not end sooner. */
static inline bool raw_readable(uint64_t address)
{
	enum { NO_SUCH_OPERATION = 99, POPULATE_READ = 22 };
	if (unlikely(raw_under_valgrind)) /* it prints a warning about such operations */
		return raw_call(SYS_madvise, (long)(address & ~4095ull), 4096, POPULATE_READ, 0, 0,
		                0) == 0;
	uint64_t in_page = pt_min(address, (address & ~4095ull) | 4088);
	return raw_call(SYS_rt_sigprocmask, NO_SUCH_OPERATION, (long)in_page, 0, 8, 0, 0) ==
	       -EINVAL;
}

/* Blocks every signal; *old receives the mask for raw_signals_restore(). */
static inline void raw_signals_block(uint64_t *old)
{
	uint64_t all = ~0ull;
	raw_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)old, sizeof all, 0, 0);
}

static inline void raw_signals_restore(const uint64_t *old)
{
	raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)old, 0, sizeof *old, 0, 0);
}

#endif
