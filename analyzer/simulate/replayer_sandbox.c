/*
 * See replayer_sandbox.h.  A list of system calls that allocators and threads need; every other one
 * fails with EPERM.  Files can be opened for reading, threads started, limits read.
 */
#include "simulate/replayer_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define STATS_FILE_BYTES (1u << 20) /* glibc's statistics go through a file in memory */
#define MOST_DESCRIPTORS 64u

/* Allowed with any arguments. */
static const int allowed[] = {
	SYS_read,          SYS_write,
	SYS_close,         SYS_fstat,
	SYS_newfstatat,    SYS_lseek,
	SYS_pread64,       SYS_readlink,
	SYS_readlinkat,    SYS_mmap,
	SYS_munmap,        SYS_mprotect,
	SYS_mremap,        SYS_madvise,
	SYS_brk,           SYS_mincore,
	SYS_futex,         SYS_set_robust_list,
	SYS_rseq,          SYS_set_tid_address,
	SYS_sched_yield,   SYS_sched_getaffinity,
	SYS_getcpu,        SYS_membarrier,
	SYS_rt_sigaction,  SYS_rt_sigprocmask,
	SYS_rt_sigreturn,  SYS_sigaltstack,
	SYS_clock_gettime, SYS_clock_nanosleep,
	SYS_nanosleep,     SYS_gettimeofday,
	SYS_getrusage,     SYS_getrlimit,
	SYS_getpid,        SYS_gettid,
	SYS_getrandom,     SYS_sysinfo,
	SYS_uname,         SYS_dup,
	SYS_dup2,          SYS_memfd_create,
	SYS_exit,          SYS_exit_group,
};
#define N_ALLOWED (sizeof allowed / sizeof *allowed)

#define DATA(field) ((uint32_t)offsetof(struct seccomp_data, field))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define UNLESS(operation, value, skip) BPF_JUMP(BPF_JMP | (operation) | BPF_K, (value), 0, (skip))
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

#define WRITES \
	((uint32_t)(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY)))

/* An open call whose flags are argument k: refused if it could write. */
#define OPEN_CALL(number, k)                                                            \
	UNLESS(BPF_JEQ, (number), 4), LOAD(DATA(args[k])), UNLESS(BPF_JSET, WRITES, 1), \
		REFUSE(EPERM), ALLOW

static const struct sock_filter head[] = {
	LOAD(DATA(arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
	REFUSE(EPERM),
	LOAD(DATA(nr)),
};

static const struct sock_filter tail[] = {
	OPEN_CALL(SYS_open, 1),
	OPEN_CALL(SYS_openat, 2),
	/* Its flags lie in memory, where a filter cannot look; glibc goes on with clone. */
	UNLESS(BPF_JEQ, SYS_clone3, 1),
	REFUSE(ENOSYS),
	UNLESS(BPF_JEQ, SYS_clone, 4),
	LOAD(DATA(args[0])),
	UNLESS(BPF_JSET, CLONE_THREAD, 1),
	ALLOW,
	REFUSE(EPERM),
	/* Limits can be read. */
	UNLESS(BPF_JEQ, SYS_prlimit64, 6),
	LOAD(DATA(args[2])),
	UNLESS(BPF_JEQ, 0, 3),
	LOAD(DATA(args[2]) + 4),
	UNLESS(BPF_JEQ, 0, 1),
	ALLOW,
	REFUSE(EPERM),
	REFUSE(EPERM),
};

#define N_HEAD (sizeof head / sizeof *head)
#define N_TAIL (sizeof tail / sizeof *tail)

static void filter_calls(void)
{
	struct sock_filter filter[N_HEAD + 2 * N_ALLOWED + N_TAIL];
	size_t n = 0;
	for (size_t i = 0; i < N_HEAD; i++)
		filter[n++] = head[i];
	for (size_t i = 0; i < N_ALLOWED; i++) {
		filter[n++] = (struct sock_filter)UNLESS(BPF_JEQ, (uint32_t)allowed[i], 1);
		filter[n++] = (struct sock_filter)ALLOW;
	}
	for (size_t i = 0; i < N_TAIL; i++)
		filter[n++] = tail[i];

	const struct sock_fprog program = {.len = (unsigned short)n, .filter = filter};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void limit(int resource, uint64_t most)
{
	struct rlimit now;
	if (getrlimit(resource, &now) != 0 || now.rlim_max <= most)
		return; /* it is tighter already */
	now.rlim_cur = now.rlim_max = most;
	setrlimit(resource, &now);
}

void sandbox_enter(uint64_t address_bytes, uint64_t cpu_seconds)
{
	limit(RLIMIT_AS, address_bytes);
	limit(RLIMIT_CPU, cpu_seconds);
	limit(RLIMIT_FSIZE, STATS_FILE_BYTES);
	limit(RLIMIT_NOFILE, MOST_DESCRIPTORS);
	limit(RLIMIT_CORE, 0);
	filter_calls();
}
