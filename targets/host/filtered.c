/*
 * Puts itself under a system call filter that allows what a running program with glibc's malloc
 * needs and no more, then allocates much.  What is not allowed fails with EPERM, kills, or raises.
 *
 * usage: filtered errno|kill|trap [instruction]: the filter by the bare instruction, as Go installs it
 * promise: we ask the kernel for nothing that the program has not allowed itself.
 * cflags: -D_GNU_SOURCE
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "ledger.h"

#define ALLOW(name)                                                                                \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static long bare_seccomp(struct sock_fprog *filter)
{
	long result;
	__asm__ __volatile__("syscall"
	                     : "=a"(result)
	                     : "a"(SYS_seccomp), "D"(SECCOMP_SET_MODE_FILTER), "S"(0), "d"(filter)
	                     : "rcx", "r11", "memory");
	return result;
}

static int filter(unsigned otherwise, int by_instruction)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(write),
		ALLOW(brk),
		ALLOW(munmap),
		ALLOW(exit_group),
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(rt_sigreturn),
		BPF_STMT(BPF_RET | BPF_K, otherwise),
	};
	struct sock_fprog wrapped = {.len = sizeof program / sizeof *program, .filter = program};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	if (by_instruction)
		return (int)bare_seccomp(&wrapped);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &wrapped);
}

__attribute__((noinline)) static void churn(unsigned depth, size_t i)
{
	if (depth)
		churn(depth - 1, i);
	else
		led_free(led_malloc(i % 3000 + 1));
	__asm__ __volatile__("");
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	led_free(led_malloc(100));
	const char *how = argc > 1 ? argv[1] : "errno";
	unsigned otherwise = !strcmp(how, "kill")   ? SECCOMP_RET_KILL_PROCESS
	                     : !strcmp(how, "trap") ? SECCOMP_RET_TRAP
	                                            : SECCOMP_RET_ERRNO | 1;
	if (filter(otherwise, argc > 2) != 0)
		return 77;
	for (size_t i = 0; i < 40000; i++)
		churn((unsigned)(i % 60), i);
	printf("done under a filter\n");
	return 0;
}
