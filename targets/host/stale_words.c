/*
 * Switches by hand to stacks whose last frame, by its own account, was called from memory above the stack.
 * That memory is readable at first, so that a walk reads it, and then goes away in different ways: unmapped,
 * protected, replaced by a file that is cut.  Frames of more than a page are on these stacks, too.  At the end the same
 * with a stack pointer that is not aligned as the calling convention has it, which the C library's malloc
 * does not mind.
 *
 * promise: no crash; each block is recorded.
 * cflags: -D_GNU_SOURCE -O1
 */
#include <stdio.h>
#include <sys/mman.h>

#include "ledger.h"

enum { HALF = 1 << 18, PAGE = 4096 };

__attribute__((noinline)) static void allocate(int n)
{
	for (int i = 0; i < n; i++)
		led_free(led_malloc(100 + (size_t)i));
}

__attribute__((noinline)) static void allocate_far_below(int n)
{
	volatile char room[3 * PAGE];
	room[0] = room[sizeof room - 1] = 1;
	allocate(n);
}

__attribute__((used)) static void work(void)
{
	allocate(40);
	allocate_far_below(40);
	allocate(40);
}

/* Calls fn on the stack that ends at top; the unwind information of this function is not true there. */
void call_on(void *top, void (*fn)(void));
__asm__(".text\n"
        ".type call_on, @function\n"
        "call_on:\n"
        "	.cfi_startproc\n"
        "	push %rbx\n"
        "	push %rbp\n"
        "	mov %rsp, %rbx\n"
        "	mov %rdi, %rsp\n"
        "	xor %ebp, %ebp\n"
        "	call *%rsi\n"
        "	mov %rbx, %rsp\n"
        "	pop %rbp\n"
        "	pop %rbx\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size call_on, . - call_on\n");

static char *new_stack(void)
{
	return mmap(NULL, 2 * HALF, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void take_away(char *top, int how)
{
	int fd;
	switch (how) {
	case 0:
		munmap(top, HALF);
		break;
	case 1:
		mprotect(top, PAGE, PROT_NONE);
		break;
	default: /* readable once more, and then beyond the end of a file */
		fd = memfd_create("above", 0);
		ftruncate(fd, HALF);
		mmap(top, HALF, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
		call_on(top, work);
		ftruncate(fd, 0);
		close(fd);
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int how = 0; how < 3; how++) {
		char *top = new_stack() + HALF;
		for (int i = 0; i < 4; i++)
			call_on(top, work);
		take_away(top, how);
		for (int i = 0; i < 4; i++)
			call_on(top, work);
	}
	puts("gone in three ways");
	call_on(new_stack() + HALF - 8, work);
	puts("not aligned");
	return 0;
}
